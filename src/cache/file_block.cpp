#include "file_block.hpp"

#include <attache/hash/xxh3.hpp>

#include <bit>

namespace attache {

namespace {

constexpr std::size_t kSealBytes = 8;
constexpr std::size_t kFixedBytes = FileStamp::kBytes + Digest::kBytes;

std::uint64_t load(const char* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

void append(std::string& out, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof bytes);
}

std::uint64_t seal_of(std::string_view content, std::string_view key) {
  const auto word = [](std::string_view bytes) {
    const Digest digest = xxh128(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, digest.bytes().data(), sizeof value);
    return value;
  };
  std::uint64_t seal = word(content) ^ std::rotl(word(key), 1);
  if constexpr (std::endian::native == std::endian::big) seal = __builtin_bswap64(seal);
  return seal;
}

bool is_sealed(std::string_view bytes, std::string_view key) {
  return bytes.size() >= kSealBytes && load(bytes.data()) == seal_of(bytes.substr(kSealBytes), key);
}

void seal(std::string& bytes, std::string_view key) {
  std::string front;
  append(front, seal_of(std::string_view(bytes).substr(kSealBytes), key));
  bytes.replace(0, kSealBytes, front);
}

FileStamp load_stamp(const char* from) {
  return {load(from), static_cast<std::int64_t>(load(from + 8)), static_cast<std::int64_t>(load(from + 16)),
          load(from + 24), load(from + 32)};
}

void append_stamp(std::string& out, const FileStamp& stamp) {
  append(out, stamp.size);
  append(out, static_cast<std::uint64_t>(stamp.mtime_ns));
  append(out, static_cast<std::uint64_t>(stamp.ctime_ns));
  append(out, stamp.inode);
  append(out, stamp.device);
}

Digest load_digest(const char* from) {
  std::array<std::uint8_t, Digest::kBytes> bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  return Digest(bytes);
}

void append_digest(std::string& out, const Digest& digest) {
  char bytes[Digest::kBytes];
  std::memcpy(bytes, digest.bytes().data(), sizeof bytes);
  out.append(bytes, sizeof bytes);
}

}  // namespace

std::optional<BlockReader> BlockReader::open(std::string_view block, std::string_view key) {
  if (!is_sealed(block, key)) return std::nullopt;
  return BlockReader(block.substr(kSealBytes));
}

bool BlockReader::next() {
  if (rest_.size() < 2) return false;
  const std::size_t length =
      static_cast<unsigned char>(rest_[0]) | static_cast<std::size_t>(static_cast<unsigned char>(rest_[1])) << 8U;
  if (rest_.size() < 2 + length + kFixedBytes) return false;
  name_ = rest_.substr(2, length);
  fixed_ = rest_.data() + 2 + length;
  rest_.remove_prefix(2 + length + kFixedBytes);
  return true;
}

FileStamp BlockReader::stamp() const {
  return load_stamp(fixed_);
}

Digest BlockReader::hash() const {
  return load_digest(fixed_ + FileStamp::kBytes);
}

void block_key(std::string& key, std::string_view directory, std::string_view bound) {
  key.assign(directory).append(1, '\0').append(bound);
}

std::string encode_block(const FileRow* first, const FileRow* last, std::string_view key) {
  std::string block(kSealBytes, '\0');
  std::size_t size = kSealBytes;
  for (const FileRow* row = first; row != last; ++row) size += 2 + row->name.size() + kFixedBytes;
  block.reserve(size);
  for (const FileRow* row = first; row != last; ++row) {
    block += static_cast<char>(row->name.size() & 0xffU);
    block += static_cast<char>(row->name.size() >> 8U);
    block += row->name;
    append_stamp(block, row->stamp);
    append_digest(block, row->hash);
  }
  seal(block, key);
  return block;
}

std::vector<FileRow> decode_block(std::string_view block, std::string_view key) {
  std::vector<FileRow> rows;
  if (auto reader = BlockReader::open(block, key)) {
    while (reader->next()) rows.push_back({reader->name(), reader->stamp(), reader->hash()});
  }
  return rows;
}

void chunk_key(std::string& key, std::string_view path, std::uint64_t chunk_size) {
  key.assign(path).append(1, '\0');
  append(key, chunk_size);
}

std::string encode_chunks(const FileStamp& stamp, const Digest* first, std::size_t count, std::string_view key) {
  std::string bytes(kSealBytes, '\0');
  bytes.reserve(kSealBytes + FileStamp::kBytes + count * Digest::kBytes);
  append_stamp(bytes, stamp);
  for (std::size_t i = 0; i < count; ++i) append_digest(bytes, first[i]);
  seal(bytes, key);
  return bytes;
}

std::optional<ChunkRow> decode_chunks(std::string_view bytes, std::string_view key) {
  constexpr std::size_t kFront = kSealBytes + FileStamp::kBytes;
  if (!is_sealed(bytes, key) || bytes.size() < kFront || (bytes.size() - kFront) % Digest::kBytes != 0) {
    return std::nullopt;
  }
  ChunkRow row{load_stamp(bytes.data() + kSealBytes), {}};
  row.hashes.reserve((bytes.size() - kFront) / Digest::kBytes);
  for (std::size_t at = kFront; at < bytes.size(); at += Digest::kBytes) {
    row.hashes.push_back(load_digest(bytes.data() + at));
  }
  return row;
}

}  // namespace attache
