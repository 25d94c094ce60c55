#include "canonical_entries.hpp"

#include <attache/base/swar.hpp>
#include <attache/base/text.hpp>

#include "canonical_scan.hpp"

#include <algorithm>
#include <cstring>

namespace attache::detail {

namespace {

constexpr char kHash[] = R"({"hash":")";
constexpr char kTime[] = R"(","mtime":)";
constexpr char kPath[] = R"(,"path":")";
constexpr char kSize[] = R"(","size":)";

// What an entry needs, with what may be touched behind it, before its path and from the end of its path on. The last
// entries of a document come too close to its end, and are for the general reader.
constexpr std::size_t kBeforePath = sizeof kHash + Digest::kHexDigits + sizeof kTime + kNumberReach + sizeof kPath;
constexpr std::size_t kAfterPath = sizeof kSize + kNumberReach + 2;

}  // namespace

std::size_t read_canonical_entries(JsonReader& reader, TrustedAppender& entries, std::size_t limit) {
  const std::string_view rest = reader.rest();
  const char* const end = rest.data() + rest.size();
  const char* passed = rest.data();
  std::size_t count = 0;
  for (const char* at = passed; count < limit; ++at) {  // past the comma
    if (static_cast<std::size_t>(end - at) < kBeforePath + kAfterPath) break;
    if (!take(at, kHash)) break;
    const std::optional<Digest> hash = Digest::parse({at, Digest::kHexDigits});
    at += Digest::kHexDigits;
    std::uint64_t mtime_us = 0;
    if (!hash || !take(at, kTime) || !take_integer(at, mtime_us) || !take(at, kPath)) break;

    // The path is copied while its end is looked for: both are done with a word in hand. Where there is not room for
    // it, which happens when the room foreseen for all paths was too little, the general reader makes more.
    const std::size_t room =
        std::min<std::size_t>(entries.room_size(), static_cast<std::size_t>(end - at) - kAfterPath);
    char* const copy = entries.room();
    std::uint64_t seen = 0;
    std::uint64_t found = 0;
    std::size_t length = 0;
    for (; length + sizeof found <= room; length += sizeof found) {
      const std::uint64_t word = load_word(at + length);
      store_word(copy + length, word);
      found = string_marks(word);
      if (found != 0) {
        const int before = bytes_before(found);
        seen |= low_bytes(word, before);
        length += static_cast<std::size_t>(before);
        break;
      }
      seen |= word;
    }
    if (found == 0 || length > TrustedAppender::kMaxPath) break;
    const std::string_view path(at, length);
    at += length;
    std::uint64_t size = 0;
    if (!take(at, kSize) || !take_integer(at, size) || *at != '}') break;
    if ((seen & kHighBits) != 0 && !is_utf8(path)) break;
    entries.add_written(length, *hash, size, static_cast<std::int64_t>(mtime_us));
    ++count;
    passed = ++at;
    if (*at != ',') break;
  }
  reader.skip(static_cast<std::size_t>(passed - rest.data()));
  return count;
}

double density_of(std::string_view text, std::string_view word) {
  constexpr std::size_t kPlaces = 64;
  constexpr std::size_t kPlace = 4096;
  if (text.empty()) return 0;
  const std::size_t places = text.size() <= kPlaces * kPlace ? 1 : kPlaces;
  const std::size_t stride = text.size() / places;
  const std::size_t size = places == 1 ? text.size() : kPlace;
  std::size_t count = 0;
  for (std::size_t i = 0; i < places; ++i) {
    // A word counts where it begins, so that one across the end of a place counts once.
    const std::string_view place = text.substr(i * stride, size + word.size() - 1);
    for (std::size_t at = place.find(word); at < size; at = place.find(word, at + 1)) ++count;
  }
  return static_cast<double>(count) / static_cast<double>(places * size);
}

}  // namespace attache::detail
