#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/hash/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

namespace attache {

/// What was read of a file, all of one version of it.
struct FileHash {
  Digest hash;
  std::uint64_t size = 0;  ///< bytes
};

struct HashFilesOptions {
  unsigned threads = 0;  ///< 0: one per core; at most 256
  ProgressCallback progress{};
};

/// Told of each file, in the order of the paths, one call at a time; from the threads that hash, which wait for it. A
/// Status that is not success ends the work and is returned.
using FileHashed = std::function<Status(std::size_t index, const Result<FileHash>& outcome)>;

/// Hashes whole files given by their host paths (native bytes; links are followed), on all cores, several at a time. A
/// file that cannot be hashed is an outcome of its own and ends nothing: kNotFound, kPermissionDenied, kInvalidArgument
/// for what is no regular file, kSourceChanged if it changed in each of three readings. kCancelled if `stop` fires,
/// within 250 ms. Memory: 1 MiB a thread and the outcomes that wait for their turn.
Status hash_files(std::span<const std::string> paths, const HashFilesOptions& options, const FileHashed& hashed,
                  const std::stop_token& stop);

}  // namespace attache
