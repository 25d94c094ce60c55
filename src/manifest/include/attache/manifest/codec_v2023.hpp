#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace attache {

// Manifest format 2023-03-03, as written and read by the job attachments of AWS Deadline Cloud:
//   {"hashAlg":"xxh128","manifestVersion":"2023-03-03",
//    "paths":[{"hash":"<32 hex digits>","mtime":<us>,"path":"<text>","size":<bytes>},...],"totalSize":<bytes>}

/// Why a document was refused, finer than ErrorCode: for tests and tools that treat some rules apart.
enum class DecodeRule {
  kSyntax,        ///< not one JSON value as Python's `json` reads it
  kText,          ///< a string is not UTF-8
  kNesting,       ///< more than kMaxNesting levels of arrays and objects
  kNotAnObject,   ///< the document, or an entry of `paths`, is another kind of value
  kVersion,       ///< `manifestVersion` is missing or unknown
  kLaterFormat,   ///< a v2025-12 document: well known, but not supported by this codec (ErrorCode::kUnsupported)
  kMissingField,  ///< a required field is absent
  kAlgorithm,     ///< `hashAlg` is not "xxh128"
  kType,          ///< a field has another type than it must have; integral floats are floats
  kBoolean,       ///< true or false in the place of an integer
  kEmpty,         ///< `paths` has no entry
  kIntegerRange,  ///< outside int64 (mtime) or uint64 (sizes)
  kNegativeSize,  ///< a size below zero
  kHashForm,      ///< a hash is not 32 lower-case hex digits
  kPathLength,    ///< a path of 4 GiB or more
};

/// Levels of nested arrays and objects that a document may have; a manifest needs three. The limit bounds what a
/// hostile document can make a reader do with unknown fields, which may hold anything.
inline constexpr unsigned kMaxNesting = 64;

/// Decodes and validates a manifest. The rules are the incumbent's, and on top of them: integers fit int64 (mtime) or
/// uint64 (sizes), sizes are not negative, booleans are not integers, hashes are 32 lower-case hex digits, nesting is
/// limited. Unknown fields are ignored; of duplicate keys the last counts. Paths are kept as they are: nothing about
/// them is checked here. Linear in time; memory is that of the manifest.
///
/// kInvalidManifest (kUnsupported for a v2025-12 document) with a message that names the place (line and column, and
/// for an entry its index and path) and the rule. If `broken` is given, it receives the rule when the document is
/// refused. Of several faults the one reported is: a fault of the JSON text, else the first in the order
/// manifestVersion, missing fields, hashAlg, totalSize, paths; within an entry: missing fields, then path, hash, size,
/// mtime.
Result<Manifest> decode_v2023(std::string_view document, DecodeRule* broken = nullptr);

/// The canonical bytes: entries sorted by the UTF-16 code units of their paths (stable), keys in ASCII order, no white
/// space, ASCII only. Total; an empty manifest is written although no reader accepts it.
std::string encode_v2023(const Manifest& manifest);

/// Receives the canonical bytes in pieces of up to kManifestPiece bytes; an error ends the encoding and is returned.
using ManifestSink = std::function<Status(std::string_view)>;
inline constexpr std::size_t kManifestPiece = std::size_t{256} * 1024;
Status encode_v2023(const Manifest& manifest, const ManifestSink& sink);

/// XXH3-128 of the canonical bytes: what CreateJob calls inputManifestHash. Needs no copy of them.
Digest manifest_hash(const Manifest& manifest);

}  // namespace attache
