#include <attache/manifest/violation.hpp>

namespace attache {

std::string_view to_string(DecodeRule rule) {
  switch (rule) {
    case DecodeRule::kSyntax:
      return "syntax";
    case DecodeRule::kText:
      return "text";
    case DecodeRule::kNesting:
      return "nesting";
    case DecodeRule::kNotAnObject:
      return "not-an-object";
    case DecodeRule::kVersion:
      return "version";
    case DecodeRule::kLaterFormat:
      return "later-format";
    case DecodeRule::kMissingField:
      return "missing-field";
    case DecodeRule::kAlgorithm:
      return "algorithm";
    case DecodeRule::kType:
      return "type";
    case DecodeRule::kBoolean:
      return "boolean";
    case DecodeRule::kEmpty:
      return "empty";
    case DecodeRule::kIntegerRange:
      return "integer-range";
    case DecodeRule::kNegativeSize:
      return "negative-size";
    case DecodeRule::kHashForm:
      return "hash-form";
    case DecodeRule::kPathLength:
      return "path-length";
    case DecodeRule::kSpecification:
      return "specification";
    case DecodeRule::kBeta:
      return "beta";
    case DecodeRule::kReference:
      return "reference";
    case DecodeRule::kPath:
      return "path";
    case DecodeRule::kPathStyle:
      return "path-style";
    case DecodeRule::kDuplicate:
      return "duplicate";
    case DecodeRule::kFileIsDirectory:
      return "file-is-directory";
    case DecodeRule::kDeletion:
      return "deletion";
    case DecodeRule::kParentHash:
      return "parent-hash";
    case DecodeRule::kDeletedEntryField:
      return "deleted-entry-field";
    case DecodeRule::kContent:
      return "content";
    case DecodeRule::kUnhashed:
      return "unhashed";
    case DecodeRule::kMissingSize:
      return "missing-size";
    case DecodeRule::kMissingMtime:
      return "missing-mtime";
    case DecodeRule::kChunks:
      return "chunks";
    case DecodeRule::kLinkTarget:
      return "link-target";
    case DecodeRule::kLinkEscapes:
      return "link-escapes";
    case DecodeRule::kLimit:
      return "limit";
    case DecodeRule::kTotalSize:
      return "total-size";
    case DecodeRule::kOrder:
      return "order";
  }
  return "unknown";
}

}  // namespace attache
