#include "canonical_files.hpp"

#include <attache/base/text.hpp>

#include "canonical_scan.hpp"

#include <algorithm>

namespace attache::detail {

namespace {

constexpr char kHash[] = R"({"hash":")";
constexpr char kTime[] = R"(","mtime":)";
constexpr char kPath[] = R"(,"path":"$)";
constexpr char kSize[] = R"(","size":)";
constexpr char kRunnable[] = R"(","runnable":true)";
constexpr char kSizeAfterFlag[] = R"(,"size":)";

// What an entry needs, with what may be touched behind it, before its name and from the end of its name on. The last
// entries of a document come too close to its end, and are for the general reader.
constexpr std::size_t kBeforeName =
    sizeof kHash + Digest::kHexDigits + sizeof kTime + kNumberReach + sizeof kPath + kNumberReach;
constexpr std::size_t kAfterName = sizeof kRunnable + sizeof kSizeAfterFlag + kNumberReach + 2;

// What ends a name or makes it something else: what ends a plain run of a string, and '/'.
std::uint64_t name_marks(std::uint64_t word) {
  const std::uint64_t slash = word ^ (kOnes * '/');
  return string_marks(word) | ((slash - kOnes) & ~slash & kHighBits);
}

bool is_name(std::string_view name, bool high) {
  if (name.empty() || name.size() > kMaxComponentBytes) return false;
  if (name[0] == '.' && (name.size() == 1 || name == "..")) return false;
  return !high || is_utf8(name);
}

}  // namespace

std::size_t read_canonical_files(JsonReader& reader, TreeAssembler& to, std::span<const std::uint32_t> directories,
                                 std::size_t limit) {
  const std::string_view rest = reader.rest();
  const char* const end = rest.data() + rest.size();
  const char* passed = rest.data();
  std::size_t count = 0;
  for (const char* at = passed; count < limit; ++at) {  // past the comma
    if (static_cast<std::size_t>(end - at) < kBeforeName + kAfterName) break;
    if (!take(at, kHash)) break;
    const std::optional<Digest> hash = Digest::parse({at, Digest::kHexDigits});
    at += Digest::kHexDigits;
    std::uint64_t mtime_us = 0;
    std::uint64_t number = 0;
    if (!hash || !take(at, kTime) || !take_integer(at, mtime_us) || !take(at, kPath) || !take_integer(at, number) ||
        *at != '/' || number >= directories.size()) {
      break;
    }
    ++at;
    const std::uint32_t directory = directories[number];
    if (directory == TreeAssembler::kNoDirectory) break;

    // Copied while its end is looked for: both are done with a word in hand.
    const std::size_t room = std::min<std::size_t>(to.room_size(), static_cast<std::size_t>(end - at) - kAfterName);
    char* const copy = to.room();
    std::uint64_t seen = 0;
    std::uint64_t found = 0;
    std::size_t length = 0;
    for (; length + sizeof found <= room; length += sizeof found) {
      const std::uint64_t word = load_word(at + length);
      store_word(copy + length, word);
      found = name_marks(word);
      if (found != 0) {
        const int before = bytes_before(found);
        seen |= low_bytes(word, before);
        length += static_cast<std::size_t>(before);
        break;
      }
      seen |= word;
    }
    if (found == 0) break;
    const std::string_view name(at, length);
    at += length;
    const bool runnable = at[2] == 'r';
    if (runnable ? !take(at, kRunnable) || !take(at, kSizeAfterFlag) : !take(at, kSize)) break;
    std::uint64_t size = 0;
    if (!take_integer(at, size) || *at != '}' || !is_name(name, (seen & kHighBits) != 0)) break;
    to.add_written_file(directory, length, *hash, size, static_cast<std::int64_t>(mtime_us), runnable);
    ++count;
    passed = ++at;
    if (*at != ',') break;
  }
  reader.skip(static_cast<std::size_t>(passed - rest.data()));
  return count;
}

}  // namespace attache::detail
