#include <attache/scan/omission.hpp>

namespace attache {

std::string_view to_string(OmissionReason reason) {
  switch (reason) {
    case OmissionReason::kHidden:
      return "hidden";
    case OmissionReason::kDanglingLink:
      return "dangling-link";
    case OmissionReason::kLinkLoop:
      return "link-loop";
    case OmissionReason::kEmptyDirectory:
      return "empty-directory";
    case OmissionReason::kSpecialFile:
      return "special-file";
    case OmissionReason::kManifestFile:
      return "manifest-file";
    case OmissionReason::kExcludedLink:
      return "excluded-link";
    case OmissionReason::kEscapingLink:
      return "escaping-link";
    case OmissionReason::kAmbiguousLink:
      return "ambiguous-link";
    case OmissionReason::kMissing:
      return "missing";
    case OmissionReason::kUnreadable:
      return "unreadable";
  }
  return "unknown";
}

}  // namespace attache
