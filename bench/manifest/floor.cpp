// attache_bench_floor: what decoding and encoding would cost at least.
//
//   attache_bench_floor v2023.decode|v2025.decode DOCUMENT      one pass of simdjson (on demand) over the document,
//   into
//                                                               the same structures as ours: one arena of text and an
//                                                               array of 48-byte records; v2025-12 also the table of
//                                                               directories, and references resolved. Nothing is
//                                                               validated but what simdjson does anyway
//   attache_bench_floor encode DOCUMENT                         memcpy of the document into fresh memory
//   attache_bench_floor encode-to-file DOCUMENT OUTPUT          memcpy into a small buffer, which goes to a file
//
// The document is mapped, with room behind it, so that simdjson copies nothing.

#include "measure.hpp"

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace attache::bench {
namespace {

using Hash = std::array<std::uint8_t, 16>;

struct Record {
  std::uint64_t offset;  // of the path (v2023) or the name (v2025)
  std::uint32_t length;
  std::uint32_t directory;
  Hash hash;
  std::uint64_t size;
  std::int64_t mtime_us;
};
static_assert(sizeof(Record) == 48);

struct Directory {
  std::uint64_t offset;
  std::uint32_t length;
  std::uint32_t parent;
};

constexpr std::uint32_t kNoDirectory = std::numeric_limits<std::uint32_t>::max();

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  for (std::size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) values['a' + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

Hash parse_hash(std::string_view hex) {
  Hash hash{};
  if (hex.size() != 32) die("not a hash");
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<std::uint8_t>(kValues[static_cast<unsigned char>(hex[2 * i])] << 4 |
                                        kValues[static_cast<unsigned char>(hex[2 * i + 1])]);
  }
  return hash;
}

// Room for all at once: what is not used costs nothing. An entry takes more than 100 bytes of a document.
struct Arrays {
  explicit Arrays(std::size_t document_size) {
    records.reserve(document_size / 100);
    text.reserve(document_size / 2);
  }
  std::uint64_t add_text(std::string_view bytes) {
    const std::uint64_t offset = text.size();
    text.insert(text.end(), bytes.begin(), bytes.end());
    return offset;
  }

  std::vector<Record> records;
  std::vector<Directory> directories;
  std::vector<char> text;
};

void add_file(Arrays& arrays, simdjson::ondemand::object file, std::uint32_t directory, std::string_view hash,
              std::int64_t mtime, std::string_view name) {
  arrays.records.push_back({arrays.add_text(name), static_cast<std::uint32_t>(name.size()), directory, parse_hash(hash),
                            std::uint64_t(file["size"]), mtime});
}

void read_v2023(simdjson::ondemand::document& document, Arrays& arrays) {
  for (simdjson::ondemand::object file : document["paths"]) {
    const std::string_view hash = file["hash"];
    const std::int64_t mtime = file["mtime"];
    const std::string_view path = file["path"];
    add_file(arrays, file, kNoDirectory, hash, mtime, path);
  }
}

// Takes `$N/` from the front of a path.
std::uint32_t take_reference(std::string_view& path, std::size_t directories) {
  if (!path.starts_with('$')) return kNoDirectory;
  std::uint64_t number = 0;
  std::size_t at = 1;
  for (; at < path.size() && path[at] != '/'; ++at) number = number * 10 + static_cast<std::uint64_t>(path[at] - '0');
  if (number >= directories) die("a reference to no directory");
  path.remove_prefix(at + 1);
  return static_cast<std::uint32_t>(number);
}

void read_v2025(simdjson::ondemand::document& document, Arrays& arrays) {
  for (simdjson::ondemand::object directory : document["dirs"]) {
    std::string_view path = directory["path"];
    const std::uint32_t parent = take_reference(path, arrays.directories.size());
    arrays.directories.push_back({arrays.add_text(path), static_cast<std::uint32_t>(path.size()), parent});
  }
  for (simdjson::ondemand::object file : document["files"]) {
    const std::string_view hash = file["hash"];
    const std::int64_t mtime = file["mtime"];
    std::string_view path = file["path"];
    const std::uint32_t directory = take_reference(path, arrays.directories.size());
    add_file(arrays, file, directory, hash, mtime, path);
  }
}

std::string proof_of(const Arrays& arrays) {
  std::vector<std::size_t> lengths;  // of the full path of each directory and the slash behind it
  for (const Directory& directory : arrays.directories) {
    lengths.push_back((directory.parent == kNoDirectory ? 0 : lengths[directory.parent]) + directory.length + 1);
  }
  Checksum sum;
  for (const Record& record : arrays.records) {
    const std::size_t above = record.directory == kNoDirectory ? 0 : lengths[record.directory];
    sum.add(above + record.length, record.hash.data(), record.size, record.mtime_us);
  }
  return sum.text();
}

void decode(const std::string& path, void (*read)(simdjson::ondemand::document&, Arrays&)) {
  const MappedFile file(path);
  Measurement measurement;
  measurement.begin();
  simdjson::ondemand::parser parser;
  Arrays arrays(file.text().size());
  simdjson::ondemand::document document =
      parser.iterate(file.text().data(), file.text().size(), file.text().size() + simdjson::SIMDJSON_PADDING);
  read(document, arrays);
  measurement.end();
  measurement.report(proof_of(arrays));
}

// Reading the source is a part of it, as reading the manifest is of encoding: so it is in memory before.
std::vector<char> load(const std::string& path) {
  const MappedFile file(path);
  return {file.text().begin(), file.text().end()};
}

void copy(const std::string& path) {
  const std::vector<char> source = load(path);
  Measurement measurement;
  measurement.begin();
  const std::unique_ptr<char[]> target(new char[source.size()]);
  std::memcpy(target.get(), source.data(), source.size());
  measurement.end();
  measurement.report("bytes " + std::to_string(source.size()) + " last " + target[source.size() - 1]);
}

void copy_to_file(const std::string& path, const std::string& output) {
  const std::vector<char> source = load(path);
  const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) die("cannot write " + output);
  constexpr std::size_t kPiece = std::size_t{256} * 1024;
  Measurement measurement;
  measurement.begin();
  const std::unique_ptr<char[]> buffer(new char[kPiece]);
  for (std::size_t at = 0; at < source.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, source.size() - at);
    std::memcpy(buffer.get(), source.data() + at, size);
    if (write(file, buffer.get(), size) != static_cast<ssize_t>(size)) die("cannot write " + output);
  }
  measurement.end();
  close(file);
  measurement.report("bytes " + std::to_string(source.size()));
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "v2023.decode") {
    decode(words[1], read_v2023);
  } else if (words.size() == 2 && words[0] == "v2025.decode") {
    decode(words[1], read_v2025);
  } else if (words.size() == 2 && words[0] == "encode") {
    copy(words[1]);
  } else if (words.size() == 3 && words[0] == "encode-to-file") {
    copy_to_file(words[1], words[2]);
  } else {
    die("v2023.decode|v2025.decode|encode DOCUMENT, or encode-to-file DOCUMENT OUTPUT");
  }
  return 0;
}

}  // namespace
}  // namespace attache::bench

int main(int argc, char** argv) {
  return attache::bench::run(std::vector<std::string>(argv + 1, argv + argc));
}
