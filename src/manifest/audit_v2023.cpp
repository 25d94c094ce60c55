#include "audit_v2023.hpp"

#include <attache/base/text.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "path_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace attache::detail {

namespace {

constexpr const char* kDownloadRefuses =
    "a download refuses the manifest: make it again from the original files, and do not use this one";

std::string name_of_entry(std::size_t index, std::optional<std::string_view> path) {
  return path ? fmt::format("paths[{}] ({})", index, quoted(*path)) : fmt::format("paths[{}]", index);
}

struct PathFault {
  DecodeRule rule = DecodeRule::kPath;
  const char* what = nullptr;  // null: none
};

// Why RelativePath would refuse it: the test compares the two.
PathFault fault_of(std::string_view path) {
  if (path.empty()) return {DecodeRule::kPath, "'path' is empty"};
  if (path.front() == '/') return {DecodeRule::kPathStyle, "'path' is absolute"};
  if (path.find('\0') != std::string_view::npos) return {DecodeRule::kPath, "'path' holds a NUL"};
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view component = path.substr(begin, end - begin);
    if (component.empty()) return {DecodeRule::kPath, "'path' has an empty component"};
    if (component == ".") return {DecodeRule::kPath, "'path' has a '.' component"};
    if (component == "..") return {DecodeRule::kPath, "'path' has a '..' component"};
    begin = end + 1;
  }
  return {};
}

}  // namespace

// Findings come in ascending order of their offsets, so the first ones are those that are kept.
template <typename Describe>
void AuditV2023::add(List& list, std::size_t offset, Describe describe) {
  ++list.count;
  if (list.first.size() < limit_) list.first.push_back({offset, describe()});
}

void AuditV2023::refuse(DecodeRule rule, std::size_t offset, std::string where, std::string message,
                        std::string remedy) {
  add(fields_, offset,
      [&] { return Violation{rule, Severity::kError, 0, 0, std::move(where), std::move(message), std::move(remedy)}; });
}

void AuditV2023::refuse_entry(std::size_t index, std::size_t offset, std::optional<std::string_view> path,
                              const Refusal& refusal) {
  add(refused_, offset, [&] {
    return Violation{refusal.rule, Severity::kError, 0, 0, name_of_entry(index, path), refusal.what, refusal.remedy};
  });
}

void AuditV2023::accept_entry(std::size_t index, std::size_t offset, std::string_view path) {
  accepted_.push_back({index, offset});
  const PathFault fault = fault_of(path);
  if (fault.what == nullptr) return;
  warn_entry(paths_, accepted_.back(), path, fault.rule, fault.what, kDownloadRefuses);
}

void AuditV2023::forget_entries() {
  refused_ = {};
  paths_ = {};
  accepted_.clear();
}

void AuditV2023::warn_entry(List& list, const Accepted& entry, std::string_view path, DecodeRule rule,
                            std::string message, const char* remedy) {
  add(list, entry.offset, [&] {
    return Violation{rule, Severity::kWarning, 0, 0, name_of_entry(entry.index, path), std::move(message), remedy};
  });
}

void AuditV2023::compare_entries(const Manifest& entries, std::optional<std::size_t> total_offset) {
  find_repeated(entries);
  // An entry that was refused is missing from the sum and the order: its own fault is the one to mend.
  if (refused_.count > 0) return;
  compare_order(entries);
  if (total_offset) compare_total(entries, *total_offset);
}

void AuditV2023::find_repeated(const Manifest& entries) {
  PathIndex index(entries.size(), [&entries](std::uint32_t number) { return entries.path(number); });
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const std::string_view path = entries.path(i);
    const std::optional<std::uint32_t> earlier = index.find_or_add(index.look_up(path), i);
    if (!earlier) continue;
    warn_entry(comparisons_, accepted_[i], path, DecodeRule::kDuplicate,
               fmt::format("'path' is that of paths[{}], too", accepted_[*earlier].index),
               "leave out one of the two: which one a program uses is its choice");
  }
}

void AuditV2023::compare_order(const Manifest& entries) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (compare_utf16(entries.path(i - 1), entries.path(i)) <= 0) continue;
    // Said once: one entry in a wrong place would put all others there.
    List order;
    warn_entry(order, accepted_[i], entries.path(i), DecodeRule::kOrder,
               fmt::format("'path' comes before that of paths[{}] in canonical order", accepted_[i - 1].index),
               "nothing need be done, but the document's own hash is not the manifest hash: 'attache manifest convert' "
               "writes the canonical form");
    comparisons_.count += order.count;
    comparisons_.first.insert(comparisons_.first.end(), order.first.begin(), order.first.end());
    return;
  }
}

void AuditV2023::compare_total(const Manifest& entries, std::size_t total_offset) {
  const std::optional<std::uint64_t> sum = sum_of_sizes(entries);
  if (sum == entries.total_size()) return;
  add(totals_, total_offset, [&] {
    return Violation{
        DecodeRule::kTotalSize,
        Severity::kWarning,
        0,
        0,
        "totalSize",
        sum ? fmt::format("'totalSize' is {}, but the sizes add up to {}", entries.total_size(), *sum)
            : fmt::format("'totalSize' is {}, but the sizes add up to more than 64 bits hold", entries.total_size()),
        "nothing need be done, but programs that show or check the total mislead"};
  });
}

Violations AuditV2023::take() {
  const auto by_offset = [](const Finding& a, const Finding& b) { return a.offset < b.offset; };
  Violations result;
  std::vector<Finding> all;
  // Faults of fields are few, and come before the many; errors come before warnings when there is no room for all.
  for (const auto& [lists, count] :
       {std::pair(std::vector{&fields_}, &result.errors), std::pair(std::vector{&refused_}, &result.errors),
        std::pair(std::vector{&totals_}, &result.warnings),
        std::pair(std::vector{&paths_, &comparisons_}, &result.warnings)}) {
    std::vector<Finding> some;
    for (List* const list : lists) {
      *count += list->count;
      some.insert(some.end(), std::make_move_iterator(list->first.begin()), std::make_move_iterator(list->first.end()));
    }
    std::stable_sort(some.begin(), some.end(), by_offset);
    some.resize(std::min(some.size(), limit_ - all.size()));
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  std::stable_sort(all.begin(), all.end(), by_offset);
  PlaceFinder places(document_);
  for (Finding& finding : all) {
    if (finding.offset != kNoPlace) {
      const Place place = places.find(finding.offset);
      finding.violation.line = place.line;
      finding.violation.column = place.column;
    }
    result.listed.push_back(std::move(finding.violation));
  }
  return result;
}

}  // namespace attache::detail
