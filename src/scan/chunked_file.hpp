#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/hash/digest.hpp>

#include "scan_tree.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace attache {

/// A file that several workers read chunk by chunk, each with a descriptor of its own. The only work that one file can
/// be divided into: the hash of a whole file is a chain.
struct ChunkedFile {
  ChunkedFile(ScanDirectory& in, std::uint32_t at, const FileStatus& of, std::uint64_t chunk, unsigned workers)
      : directory(&in),
        index(at),
        status(of),
        chunk_size(chunk),
        hashes(static_cast<std::size_t>(chunk_count(of.size, chunk))),
        helpers(static_cast<unsigned>(std::min<std::size_t>(workers, hashes.size()))) {}

  ScanDirectory* directory;
  std::uint32_t index;
  FileStatus status;  ///< each helper sees it before and after what it reads, or the file has changed
  std::uint64_t chunk_size;
  std::vector<Digest> hashes;
  std::size_t next_chunk() { return next++; }

  std::atomic<std::size_t> next{0};
  std::atomic<bool> changed{false};
  std::atomic<bool> failed{false};      ///< and reported
  std::atomic<std::uint64_t> bytes{0};  ///< read and reported
  std::atomic<unsigned> helpers;        ///< that are not done; the last one finishes the file
  int attempt = 1;
};

}  // namespace attache
