#include "documents.hpp"

#include "measure.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

namespace attache::bench {

namespace {

constexpr std::uint64_t kFramesPerSequence = 1000;
constexpr std::uint64_t kSequencesPerShot = 20;
constexpr std::uint64_t kSeed = 20260101;

// A number that looks random (the finaliser of splitmix64).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

struct Entry {
  std::uint64_t index = 0;
  std::uint64_t content = 0;  // another number is another hash, size and time
  bool second = false;        // a new file beside that of the index

  std::uint64_t sequence() const { return index / kFramesPerSequence; }
  std::uint64_t shot() const { return sequence() / kSequencesPerShot; }
  std::uint64_t size() const { return mix(content ^ 0x51) >> 38; }  // below 64 MiB
  std::uint64_t mtime_us() const { return 1'700'000'000'000'000U + content * 1'001; }
};

std::vector<Entry> entries_of(const DocumentOptions& options) {
  std::vector<Entry> entries;
  const std::uint64_t first = options.variant == Variant::kOther ? options.entries / 2 : 0;
  for (std::uint64_t i = first; i < first + options.entries; ++i) {
    const std::uint64_t place = i % 1000;
    if (options.variant == Variant::kOther) {
      entries.push_back({i, i + 30'000'000, false});
    } else if (options.variant == Variant::kBase || place % 100 != 50 || place == 50 || place == 950) {
      entries.push_back({i, i, false});
      if (options.variant == Variant::kChanged && (place == 50 || place == 950)) entries.push_back({i, i, true});
    } else if (place < 750) {
      entries.push_back({i, i + 30'000'000, false});
    }  // 750 and 850 are gone
  }
  if (options.shuffled) {  // by a shuffle of our own: that of the library may give another order elsewhere
    std::mt19937_64 random(kSeed);
    for (std::size_t left = entries.size(); left > 1; --left) std::swap(entries[left - 1], entries[random() % left]);
  }
  return entries;
}

std::string directory_name(const Entry& entry) {
  return fmt::format("shot_{:03}/seq_{:02}", entry.shot(), entry.sequence() % kSequencesPerShot);
}

std::string file_name(const Entry& entry) {
  return fmt::format("frame_{:07}{}.exr", entry.index, entry.second ? "_v2" : "");
}

class Output {
 public:
  explicit Output(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) die("cannot write " + path);
  }
  ~Output() {
    flush();
    if (std::fclose(file_) != 0) die("cannot write " + path_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  template <typename... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    if (text_.size() > 1 << 20) flush();
  }

 private:
  void flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) die("cannot write " + path_);
    text_.clear();
  }

  std::string path_;
  std::FILE* file_;
  std::string text_;
};

void put_entry(Output& out, const Entry& entry, const std::string& path, bool first) {
  out.put(R"({}{{"hash":"{:016x}{:016x}","mtime":{},"path":"{}","size":{}}})", first ? "" : ",", mix(entry.content),
          mix(entry.content ^ 0xFFFF'FFFF'0000'0000U), entry.mtime_us(), path, entry.size());
}

void write_v2023(Output& out, const std::vector<Entry>& entries, std::uint64_t total) {
  out.put(R"({{"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)");
  bool first = true;
  for (const Entry& entry : entries) {
    put_entry(out, entry, directory_name(entry) + "/" + file_name(entry), std::exchange(first, false));
  }
  out.put(R"(],"totalSize":{}}})", total);
}

// `lowest` and `highest` are sequences; all between them have entries.
void write_v2025(Output& out, const std::vector<Entry>& entries, std::uint64_t total, std::uint64_t lowest,
                 std::uint64_t highest) {
  out.put(R"({{"dirs":[)");
  std::vector<std::uint64_t> reference;  // of each sequence from `lowest`
  std::uint64_t listed = 0;
  std::uint64_t shot_reference = 0;
  for (std::uint64_t sequence = lowest; sequence <= highest; ++sequence) {
    if (sequence == lowest || sequence % kSequencesPerShot == 0) {
      out.put(R"({}{{"path":"shot_{:03}"}})", listed > 0 ? "," : "", sequence / kSequencesPerShot);
      shot_reference = listed++;
    }
    out.put(R"(,{{"path":"${}/seq_{:02}"}})", shot_reference, sequence % kSequencesPerShot);
    reference.push_back(listed++);
  }
  out.put(R"(],"files":[)");
  bool first = true;
  for (const Entry& entry : entries) {
    put_entry(out, entry, fmt::format("${}/{}", reference[entry.sequence() - lowest], file_name(entry)),
              std::exchange(first, false));
  }
  out.put(R"(],"hashAlg":"xxh128","specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":{}}})",
          total);
}

}  // namespace

void write_document(const DocumentOptions& options, const std::string& path) {
  if (options.entries == 0 || options.entries > kMostEntries) {
    die(fmt::format("a document can have 1 to {} entries", kMostEntries));
  }
  const std::vector<Entry> entries = entries_of(options);
  std::uint64_t total = 0;
  std::uint64_t lowest = entries.front().sequence();
  std::uint64_t highest = lowest;
  for (const Entry& entry : entries) {
    total += entry.size();
    lowest = std::min(lowest, entry.sequence());
    highest = std::max(highest, entry.sequence());
  }
  Output out(path);
  if (options.format == Format::kV2023) {
    write_v2023(out, entries, total);
  } else {
    write_v2025(out, entries, total, lowest, highest);
  }
}

}  // namespace attache::bench
