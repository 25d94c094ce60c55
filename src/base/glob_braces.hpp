#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// As many patterns may one with braces stand for. More would come from a product of several braces, where a mistake
/// is likelier than a need, and every one of them costs time at every name.
inline constexpr std::size_t kMaxGlobAlternatives = 1000;

/// The patterns that a pattern of GlobDialect::kDesign stands for: every combination of its alternatives, in the order
/// in which they are written, with escapes and classes left as they are (but `/` for `\/`: a separator cannot be
/// escaped). Here the syntax is checked; the rest of the compilation is total. kInvalidArgument, naming the pattern: a
/// bracket or brace without its partner, a range that runs backwards, a backslash that escapes nothing, more than
/// kMaxGlobAlternatives, or about 4 MiB of text.
Result<std::vector<std::string>> expand_braces(std::string_view pattern);

}  // namespace attache
