#pragma once

#include <attache/manifest/violation.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace attache::detail {

/// What a decoder finds wrong: up to a number of findings in full, the rest counted.
class Findings {
 public:
  static constexpr std::size_t kNoPlace = std::numeric_limits<std::size_t>::max();

  struct Finding {
    DecodeRule rule = DecodeRule::kSyntax;
    std::size_t offset = kNoPlace;  ///< in the document
    std::string where;              ///< "files[3] ('a/b')", the name of a field, or empty
    std::string what;
    const char* remedy = "";
    Severity severity = Severity::kError;
  };

  /// kStrict is for decoding: the first finding decides, and nothing is looked for beyond it. kAll is for validation,
  /// where unhashed files are findings too.
  enum class Mode { kStrict, kAll };
  Findings(Mode mode, std::size_t limit) : mode_(mode), limit_(limit) {}

  Mode mode() const { return mode_; }

  /// Nothing for which a strict reader refuses the document.
  bool empty() const { return document_.empty() && entries_.empty() && late_.empty(); }
  /// True if another entry's finding would be only counted: then its words need not be made.
  bool full() const { return entries_.size() >= limit_; }

  /// A fault after which the text cannot be read.
  void add_fatal(Finding finding) {
    document_.clear();
    document_.push_back(std::move(finding));
  }
  void add_document(Finding finding) { document_.push_back(std::move(finding)); }
  void add_entry(Finding finding);
  void count_entry() { ++entries_not_listed_; }
  /// An entry that is sound but was never hashed.
  void add_unhashed(Finding finding);
  /// A fault that shows when all entries are there; false if no more need be looked for.
  bool add_late(Finding finding);
  void warn(Finding finding);
  /// The entries are going to be read again.
  void forget_entries();

  /// The one that a strict reader reports: of the document before the entries.
  const Finding& first() const;
  /// All of them by their place in the document.
  Violations violations(std::string_view document) const;

 private:
  Mode mode_;
  std::size_t limit_;
  std::vector<Finding> document_;
  std::vector<Finding> entries_;
  std::vector<Finding> late_;
  std::vector<Finding> unhashed_;
  std::vector<Finding> warnings_;
  std::uint64_t entries_not_listed_ = 0;
  std::uint64_t late_not_listed_ = 0;
  std::uint64_t unhashed_not_listed_ = 0;
};

}  // namespace attache::detail
