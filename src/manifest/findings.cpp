#include "findings.hpp"

#include "decode_support.hpp"

#include <algorithm>

namespace attache::detail {

void Findings::add_entry(Finding finding) {
  if (full()) return count_entry();
  entries_.push_back(std::move(finding));
}

void Findings::add_unhashed(Finding finding) {
  if (unhashed_.size() < limit_) {
    unhashed_.push_back(std::move(finding));
  } else {
    ++unhashed_not_listed_;
  }
}

bool Findings::add_late(Finding finding) {
  if (late_.size() < limit_) {
    late_.push_back(std::move(finding));
  } else {
    ++late_not_listed_;
  }
  return mode_ == Mode::kAll;
}

void Findings::warn(Finding finding) {
  finding.severity = Severity::kWarning;
  warnings_.push_back(std::move(finding));
}

void Findings::forget_entries() {
  entries_.clear();
  entries_not_listed_ = 0;
  unhashed_.clear();
  unhashed_not_listed_ = 0;
}

const Findings::Finding& Findings::first() const {
  if (!document_.empty()) return document_.front();
  return entries_.empty() ? late_.front() : entries_.front();
}

Violations Findings::violations(std::string_view document) const {
  std::vector<const Finding*> all;
  for (const auto* list : {&document_, &entries_, &unhashed_, &late_, &warnings_}) {
    for (const Finding& finding : *list) all.push_back(&finding);
  }
  std::stable_sort(all.begin(), all.end(), [](const Finding* a, const Finding* b) { return a->offset < b->offset; });
  Violations result;
  result.warnings = warnings_.size();
  result.errors = all.size() - warnings_.size() + entries_not_listed_ + unhashed_not_listed_ + late_not_listed_;
  all.resize(std::min(all.size(), limit_));
  PlaceFinder places(document);
  for (const Finding* finding : all) {
    Violation violation;
    violation.rule = finding->rule;
    violation.severity = finding->severity;
    if (finding->offset != kNoPlace) {
      const Place place = places.find(finding->offset);
      violation.line = place.line;
      violation.column = place.column;
    }
    violation.where = finding->where;
    violation.message = finding->what;
    violation.remedy = finding->remedy;
    result.listed.push_back(std::move(violation));
  }
  return result;
}

}  // namespace attache::detail
