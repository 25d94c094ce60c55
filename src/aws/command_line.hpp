#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The words of a command line, quoted as for a POSIX shell and as the AWS CLI reads credential_process: blanks
/// separate; `'...'` is literal; in `"..."` a backslash quotes `"` and `\` only; elsewhere it quotes any character.
/// Nothing is expanded. kInvalidArgument for a quote that is not closed, a backslash at the end, and no word at all;
/// the message does not repeat the text, which may hold a secret.
Result<std::vector<std::string>> split_command_line(std::string_view text);

}  // namespace attache
