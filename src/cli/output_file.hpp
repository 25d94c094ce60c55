#pragma once

#include <attache/base/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace attache {

// Files that commands write.

/// Receives the content of a file in pieces.
using OutputSink = std::function<Status(std::string_view)>;

/// Refuses what could not be written, before there is anything to write: a directory that is missing, a file that
/// exists (kAlreadyExists; allowed with `force`), or a directory under that name.
Status check_output_file(const std::string& path, bool force);
/// The same for a directory that must exist.
Status check_output_directory(const std::string& path);

/// Gives `produce` a sink, and the file its name when all has been written: it appears whole or not at all. Replaces a
/// file only with `force`; a link is replaced itself. A device or FIFO is written to as it is.
Status write_output_file(const std::string& path, bool force, const std::function<Status(const OutputSink&)>& produce);

}  // namespace attache
