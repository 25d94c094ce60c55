#pragma once

#include <attache/base/json_reader.hpp>  // kMaxNesting

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Why a document was refused, finer than ErrorCode: for tests and tools that treat some rules apart. Each rule says
/// the same in both formats; those of the second block exist in v2025-12 only, or are warnings in v2023-03-03.
enum class DecodeRule {
  kSyntax,        ///< not one JSON value as Python's `json` reads it
  kText,          ///< a string is not UTF-8
  kNesting,       ///< more than kMaxNesting levels of arrays and objects
  kNotAnObject,   ///< the document, or an entry of a list, is another kind of value
  kVersion,       ///< `manifestVersion` is missing or unknown
  kLaterFormat,   ///< a v2025-12 document: well known, but not read by this codec (ErrorCode::kUnsupported)
  kMissingField,  ///< a required field is absent
  kAlgorithm,     ///< `hashAlg` is not "xxh128"
  kType,          ///< a field has another type than it must have; integral floats are floats
  kBoolean,       ///< true or false in the place of an integer
  kEmpty,         ///< `paths` has no entry
  kIntegerRange,  ///< outside int64 (mtime) or uint64 (sizes)
  kNegativeSize,  ///< a size below zero
  kHashForm,      ///< a hash is not 32 lower-case hex digits
  kPathLength,    ///< a path of 4 GiB or more

  kSpecification,      ///< `specificationVersion` is unknown
  kBeta,               ///< a document of 2025-12-04-beta
  kReference,          ///< `$N/` is not a plain decimal, out of range, or names a later directory or the entry itself
  kPath,               ///< a path is empty, or has a component that is empty, `.`, `..` or holds NUL
  kPathStyle,          ///< an absolute path in a relative manifest, or the reverse
  kDuplicate,          ///< a path occurs twice
  kFileIsDirectory,    ///< a path is live as a file and as a directory
  kDeletion,           ///< a deleted entry in a snapshot
  kParentHash,         ///< `parentManifestHash` is missing in a diff, present in a snapshot, or not a hash
  kDeletedEntryField,  ///< a deleted entry has a field that only live ones have
  kContent,            ///< not exactly one of hash, chunk hashes and link
  kUnhashed,           ///< none of them, where every file must have been hashed
  kMissingSize,        ///< a live file without `size`
  kMissingMtime,       ///< a live file without `mtime`
  kChunks,             ///< the number of chunk hashes, or that there are any, does not go with the size
  kLinkTarget,         ///< a link's target is absolute, empty, ambiguous, or holds NUL
  kLinkEscapes,        ///< a link leads outside the root
  kLimit,              ///< too long, too deep or too many
  kTotalSize,          ///< the stated total differs from the sum of sizes
  kOrder,              ///< entries are not in canonical order
};

/// A stable name in kebab case ("missing-field"): what JSON output calls the rule.
std::string_view to_string(DecodeRule rule);

enum class Severity {
  kError,    ///< a strict reader refuses the document
  kWarning,  ///< the document is read, but is not what a careful writer makes, or a later step will refuse it
};

/// One fault of a document, complete in itself.
struct Violation {
  DecodeRule rule = DecodeRule::kSyntax;
  Severity severity = Severity::kError;
  std::uint64_t line = 0;    ///< from 1; 0: the fault has no place in the text
  std::uint64_t column = 0;  ///< from 1, in characters
  std::string where;         ///< "paths[3] ('a/b')", "totalSize", or empty for the document as a whole
  std::string message;       ///< printable; names neither place nor `where`
  std::string remedy;        ///< printable, never empty
};

/// How many violations are listed unless the caller wants another number: a document may break a rule in every entry.
inline constexpr std::size_t kMaxListedViolations = 1000;

/// What a validation found, errors and warnings in the order of the document.
struct Violations {
  std::vector<Violation> listed;
  std::uint64_t errors = 0;    ///< all of them, listed or not
  std::uint64_t warnings = 0;  ///< the same

  /// Found, but beyond the number that is listed.
  std::uint64_t not_listed() const { return errors + warnings - listed.size(); }
};

}  // namespace attache
