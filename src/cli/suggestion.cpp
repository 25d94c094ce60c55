#include "suggestion.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kMaxEdits = 2;

/// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& words) {
  std::optional<std::string> best;
  std::size_t best_edits = std::min(kMaxEdits, (word.size() - std::min<std::size_t>(word.size(), 1)) / 2) + 1;
  for (const std::string& candidate : words) {
    const std::size_t edits = distance(word, candidate);
    if (edits >= best_edits) continue;
    best_edits = edits;
    best = candidate;
  }
  return best;
}

}  // namespace attache
