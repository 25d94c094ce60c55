#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/violation.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace attache {

// Manifest format 2023-03-03, as written and read by the job attachments of AWS Deadline Cloud:
//   {"hashAlg":"xxh128","manifestVersion":"2023-03-03",
//    "paths":[{"hash":"<32 hex digits>","mtime":<us>,"path":"<text>","size":<bytes>},...],"totalSize":<bytes>}
//
// What is said of all functions of this module that return a Result: kOutOfMemory where memory does not suffice, and
// no exception. What a callback throws passes through.

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

/// Everything that is wrong with a document and what is doubtful, in its order: not only what decode_v2023 would
/// report. Errors are what it refuses: a fault of the JSON text alone, for nothing can be said about what follows it;
/// else every fault of the document and of every entry. Warnings are, of documents it accepts or accepts but for the
/// fault: a path that a download refuses (kPath, kPathStyle), a path that occurs before (kDuplicate), the first entry
/// that is not in canonical order (kOrder) and a total that is not the sum (kTotalSize); the last two if no entry was
/// refused. At most `limit` are listed, errors before warnings; all are counted. Linear; 16 to 32 bytes an entry more
/// than decoding needs.
Result<Violations> validate_v2023(std::string_view document, std::size_t limit = kMaxListedViolations);

/// The canonical bytes: entries sorted by the UTF-16 code units of their paths (stable), keys in ASCII order, no white
/// space, ASCII only. Every manifest has them; an empty one is written although no reader accepts it.
Result<std::string> encode_v2023(const Manifest& manifest);

/// Receives the canonical bytes in pieces of up to kManifestPiece bytes; an error ends the encoding and is returned.
using ManifestSink = std::function<Status(std::string_view)>;
inline constexpr std::size_t kManifestPiece = std::size_t{256} * 1024;
Status encode_v2023(const Manifest& manifest, const ManifestSink& sink);

/// XXH3-128 of the canonical bytes: what CreateJob calls inputManifestHash. Needs no copy of them.
Result<Digest> manifest_hash(const Manifest& manifest);

}  // namespace attache
