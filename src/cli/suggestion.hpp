#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The one of `words` that `word` is most likely a misspelling of: at most two edits away, and less than half the word.
std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& words);

}  // namespace attache
