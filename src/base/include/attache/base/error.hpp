#pragma once

#include <string>
#include <string_view>

namespace attache {

/// What a caller can act on. Front ends map a code to an exit status, an errno or an exception, each in one switch.
enum class ErrorCode {
  kInvalidArgument,   ///< the caller asked for something that cannot be done as asked: a flag, a rule, a root
  kInvalidManifest,   ///< a manifest document is malformed or breaks a rule of its format
  kNotFound,          ///< a file, object, bucket or profile that must exist does not
  kAlreadyExists,     ///< something is in the way and was not asked to be replaced
  kPermissionDenied,  ///< the system or the service refuses this identity
  kUnauthenticated,   ///< no usable credentials, or the service does not recognise them
  kIntegrity,         ///< bytes are not what their hash or size says; the bytes are not used
  kSourceChanged,     ///< a file changed between hashing and sending, or while it was read
  kOutsideRoot,       ///< a path leads, or would lead, outside the root it belongs to
  kNoSpace,           ///< a disk or quota is full
  kOutOfMemory,       ///< the memory that this takes is not there
  kIo,                ///< any other failure of the local system
  kNetwork,           ///< the service could not be reached, or the connection failed; trying again may help
  kService,           ///< the service answered, but not with what was asked for
  kUnsupported,       ///< a valid request for something this build or platform cannot do
  kCancelled,         ///< the caller cancelled; never a failure, never logged as one
};

/// The code's name for logs and JSON, e.g. "integrity". Stable.
std::string_view to_string(ErrorCode code);

/// An error for a program (code) and for a person: `message` says what failed, on which path or key, and why;
/// `remedy` says what to do next (may be empty only for kCancelled). Both are UTF-8 without a final full stop or
/// line break, and never hold a secret. Paths in them have gone through `printable()`.
class Error {
 public:
  Error(ErrorCode code, std::string message, std::string remedy = {})
      : code_(code), message_(std::move(message)), remedy_(std::move(remedy)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& remedy() const { return remedy_; }

  /// The same error seen from further out: "context: message".
  Error within(std::string_view context) const;

  /// "message; remedy", for one line of text.
  std::string to_string() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string remedy_;
};

}  // namespace attache
