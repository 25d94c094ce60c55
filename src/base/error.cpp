#include <attache/base/error.hpp>

namespace attache {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kInvalidManifest:
      return "invalid-manifest";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kAlreadyExists:
      return "already-exists";
    case ErrorCode::kPermissionDenied:
      return "permission-denied";
    case ErrorCode::kUnauthenticated:
      return "unauthenticated";
    case ErrorCode::kIntegrity:
      return "integrity";
    case ErrorCode::kSourceChanged:
      return "source-changed";
    case ErrorCode::kOutsideRoot:
      return "outside-root";
    case ErrorCode::kNoSpace:
      return "no-space";
    case ErrorCode::kOutOfMemory:
      return "out-of-memory";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNetwork:
      return "network";
    case ErrorCode::kService:
      return "service";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

Error Error::within(std::string_view context) const {
  return Error(code_, std::string(context) + ": " + message_, remedy_);
}

std::string Error::to_string() const {
  return remedy_.empty() ? message_ : message_ + "; " + remedy_;
}

}  // namespace attache
