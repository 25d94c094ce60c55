#include <attache/cli/exit_status.hpp>

namespace attache {

ExitStatus exit_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return ExitStatus::kUsage;
    case ErrorCode::kUnsupported:
      return ExitStatus::kFailure;
    case ErrorCode::kInvalidManifest:
      return ExitStatus::kBadDocument;
    case ErrorCode::kNotFound:
      return ExitStatus::kNotFound;
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kUnauthenticated:
      return ExitStatus::kRefused;
    case ErrorCode::kIntegrity:
    case ErrorCode::kSourceChanged:
      return ExitStatus::kIntegrity;
    case ErrorCode::kOutsideRoot:
      return ExitStatus::kOutsideRoot;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kNoSpace:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kIo:
      return ExitStatus::kLocal;
    case ErrorCode::kNetwork:
    case ErrorCode::kService:
      return ExitStatus::kNetwork;
    case ErrorCode::kCancelled:
      return ExitStatus::kCancelled;
  }
  return ExitStatus::kFailure;
}

}  // namespace attache
