#include "deviations.hpp"

namespace attache::vectors {

std::string_view reason(Deviation deviation) {
  switch (deviation) {
    case Deviation::kIntegerRange:
      return "integers outside int64 (mtime) or uint64 (sizes) are refused, never wrapped";
    case Deviation::kNegativeSize:
      return "negative sizes are refused: no file has one";
    case Deviation::kBooleanInteger:
      return "booleans in the place of integers are refused";
    case Deviation::kHashForm:
      return "hashes that are not 32 lower-case hex digits are refused: no object has such a name";
    case Deviation::kNesting:
      return "documents nested deeper than 64 levels are refused";
    case Deviation::kNotUtf8:
      return "text that is not UTF-8 is refused: no manifest file can hold it";
    case Deviation::kManifestNameSeparators:
      return "BUG-1: a downloaded manifest's file name has no backslash and no colon, like that of a snapshot";
    case Deviation::kSameManifestName:
      return "BUG-28: manifests with one file name stay two manifests, and two never share a destination";
    case Deviation::kSameDestination:
      return "two spellings of one destination are one destination, which two manifests must not share";
    case Deviation::kComponentLeavesDestination:
      return "a component that would discard the destination of a mapped path is refused";
    case Deviation::kSigma:
      return "a final sigma is not told from others when Windows paths are compared, as on Windows file systems";
    case Deviation::kGlobOutsideRoot:
      return "patterns that lead, or may lead, outside the root are refused: no manifest of it can hold such files";
    case Deviation::kGlobUp:
      return "'name/..' vanishes from a pattern whether or not a directory of that name exists";
    case Deviation::kRootMetacharacters:
      return "BUG-29: metacharacters in the root itself are not interpreted";
    case Deviation::kLinkLoop:
      return "BUG-45: a directory link is not followed into a directory that holds it";
  }
  return "unknown";
}

}  // namespace attache::vectors
