#pragma once

#include <attache/base/error.hpp>

#include <string>
#include <string_view>

namespace attache {

/// The error for a failed system call: `what` is the action and its object ("cannot open '/a/b'"), `error_number` an
/// errno value. The remedy fits the errno (permissions, space, limits, ...).
Error system_error(std::string_view what, int error_number);

/// The same with the object as a path (native bytes or WTF-8): "cannot open" + "/a/b" -> "cannot open '/a/b': ...".
Error system_error(std::string_view action, std::string_view path, int error_number);

/// "'/a/b'": a path (native bytes or WTF-8) for a message, made printable.
std::string quoted_path(std::string_view path);

/// "cannot open '/a/b'": the beginning of a message of one's own.
std::string action_on(std::string_view action, std::string_view path);

/// The code that belongs to an errno value.
ErrorCode code_of_errno(int error_number);

}  // namespace attache
