#pragma once

#include <string>
#include <string_view>

namespace attache {

/// `directory/name`, with one slash between them: none is added to a directory that ends with one, or that is empty.
/// Any text; nothing is looked at.
std::string join_path(std::string_view directory, std::string_view name);
/// The same in a text whose memory is used again. `path` is neither of the others.
void join_path(std::string& path, std::string_view directory, std::string_view name);

}  // namespace attache
