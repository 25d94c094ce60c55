#pragma once

#include "cache_database.hpp"

#include <array>
#include <string>
#include <string_view>

namespace attache {

// hash_cache.db holds the incumbent's table and two of our own.
//
// `attacheFilesV1` has blocks: up to kMostFilesOfBlock files of one directory in one value (file_block.hpp). `bound`
// says where a block begins: it holds the files whose names are not less than its bound, and less than the next
// block's. A directory's first block has the empty bound, so every name has its block, and a bound never has to change.
// Most directories have one block.
//
// Why blocks. 50,000 files in 500 directories, names of 17 bytes, one core, SQLite 3.40; ns of CPU for each file:
//
//                                                             read    read, one transaction    write
//   a row per file, WITHOUT ROWID, key (directory id, name)    181                        -      866
//   blocks, WITHOUT ROWID, key (directory, bound)               91                       74      287
//   blocks, with rowid and an index (directory, bound)          71                       49      254      this one
//   for comparison: a row of hashesV4 by its path            3,080                    1,043    1,935
//
// With 10 files in each of 5,000 directories the same are 401; 316 and 117; 366 and 149. A transaction of its own costs
// a look-up 2 us, so a reader keeps one for several (HashCacheReader). A block is rewritten when one of its files
// changes. WITHOUT ROWID loses because its values live in the inner pages of the tree, too.
//
// `attacheChunksV1` has one row for each chunked file and chunk size: files above 256 MiB are few, and a row each is
// cheap.
inline constexpr std::array<CacheTable, 3> kHashCacheTables = {{
    {"hashesV4",
     "CREATE TABLE IF NOT EXISTS hashesV4(file_path blob, hash_algorithm text, range_start integer, range_end integer, "
     "file_hash text, last_modified_time timestamp, PRIMARY KEY (file_path, hash_algorithm, range_start, range_end))"},
    {"attacheFilesV1",
     "CREATE TABLE IF NOT EXISTS attacheFilesV1(id INTEGER PRIMARY KEY, directory BLOB NOT NULL, bound BLOB NOT NULL, "
     "files BLOB NOT NULL, UNIQUE(directory, bound))"},
    {"attacheChunksV1",
     "CREATE TABLE IF NOT EXISTS attacheChunksV1(id INTEGER PRIMARY KEY, path BLOB NOT NULL, chunk_size INTEGER NOT "
     "NULL, file BLOB NOT NULL, UNIQUE(path, chunk_size))"},
}};

inline constexpr std::size_t kMostFilesOfBlock = 128;

/// What a row of hashesV4 is found by: the path of a file as WTF-8.
void incumbent_key(std::string& key, std::string_view directory, std::string_view name);

}  // namespace attache
