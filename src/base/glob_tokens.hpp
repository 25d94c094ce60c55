#pragma once

#include <attache/base/glob.hpp>
#include <attache/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What GlobSet and IncludeFilters share: a text with wildcards as a list of tokens, and the one function that matches
// such a list. A separator means nothing here. GlobSet gives single components, so that no wildcard can reach beyond a
// `/`; IncludeFilters gives whole paths, so that every wildcard can.

namespace attache {

struct GlobToken {
  enum class Op : std::uint8_t { kText, kAnyOne, kAnyRun, kClass };

  Op op = Op::kText;
  std::string text{};                                   ///< kText: literal bytes
  bool negated = false;                                 ///< kClass
  std::vector<std::pair<char32_t, char32_t>> ranges{};  ///< kClass; one that runs backwards holds nothing
};

/// The index behind the `]` of the class that opens at `open`; npos if it is not closed. A `]` that is the first member
/// closes nothing.
std::size_t glob_class_end(std::string_view text, std::size_t open, GlobDialect dialect);

/// The class between the brackets of `[set]`, which is not empty.
GlobToken glob_class(std::string_view set, GlobDialect dialect);

/// The tokens of a text without braces. Total: what is not closed, or escapes nothing, stands for itself.
std::vector<GlobToken> glob_tokens(std::string_view text, GlobDialect dialect);

/// True if the tokens match the whole text, which is WTF-8. O(tokens * text).
bool glob_matches(std::span<const GlobToken> tokens, std::string_view text);

/// The error for a pattern: "pattern 'x' " and why. Of a long pattern the message shows the first 200 characters.
tl::unexpected<Error> refuse_pattern(std::string_view pattern, std::string_view why, std::string remedy);

}  // namespace attache
