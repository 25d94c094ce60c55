#pragma once

#include <attache/manifest/manifest.hpp>
#include <attache/manifest/violation.hpp>

#include "decode_support.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache::detail {

/// Gathers everything that is wrong or doubtful about a v2023-03-03 document, while the decoder reads it. Up to `limit`
/// violations are kept, the first errors before the first warnings, and the rest is counted: memory is bounded by the
/// entries, whatever their faults.
class AuditV2023 {
 public:
  static constexpr std::size_t kNoPlace = std::numeric_limits<std::size_t>::max();

  AuditV2023(std::string_view document, std::size_t limit) : document_(document), limit_(limit) {}

  /// A fault of the document itself, or of one of its fields.
  void refuse(DecodeRule rule, std::size_t offset, std::string where, std::string message, std::string remedy);
  /// An entry, in the order of the document.
  void refuse_entry(std::size_t index, std::size_t offset, std::optional<std::string_view> path,
                    const Refusal& refusal);
  void accept_entry(std::size_t index, std::size_t offset, std::string_view path);
  /// The entries are going to be read again: of several `paths` the last counts.
  void forget_entries();

  /// What only shows when all entries are there. `entries` are those accepted; with the total as stated and its place,
  /// if there is a sound one.
  void compare_entries(const Manifest& entries, std::optional<std::size_t> total_offset);

  Violations take();

 private:
  struct Finding {
    std::size_t offset = kNoPlace;
    Violation violation;
  };
  struct Accepted {
    std::size_t index = 0;  // in `paths`
    std::size_t offset = 0;
  };
  // The first ones, by offset, of as many as there may be.
  struct List {
    std::vector<Finding> first;
    std::uint64_t count = 0;
  };

  template <typename Describe>
  void add(List& list, std::size_t offset, Describe describe);
  void warn_entry(List& list, const Accepted& entry, std::string_view path, DecodeRule rule, std::string message,
                  const char* remedy);
  void find_repeated(const Manifest& entries);
  void compare_order(const Manifest& entries);
  void compare_total(const Manifest& entries, std::size_t total_offset);

  std::string_view document_;
  std::size_t limit_;
  List fields_;       // errors of the document and its fields
  List refused_;      // errors of entries
  List paths_;        // warnings of entries by themselves
  List comparisons_;  // warnings of entries beside others
  List totals_;       // warnings of fields
  std::vector<Accepted> accepted_;
};

}  // namespace attache::detail
