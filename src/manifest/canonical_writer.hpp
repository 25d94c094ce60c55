#pragma once

#include <attache/base/result.hpp>
#include <attache/base/swar.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace attache::detail {

/// Writes canonical JSON (ASCII only, no white space) into one buffer and hands it to a sink in pieces of nearly
/// kManifestPiece bytes. After an error of the sink it takes everything and hands nothing on. Total: any WTF-8 text can
/// be written, and bytes that are not come out as U+FFFD.
///
/// Two layers: text(), path(), integer() and digest() check the room themselves; room(), the put functions and
/// advance() write several values with one check.
class CanonicalWriter {
 public:
  explicit CanonicalWriter(const ManifestSink& sink) : sink_(sink), buffer_(new char[kManifestPiece]) {}

  /// The most that put_integer() writes, and may touch.
  static constexpr std::size_t kIntegerRoom = 24;
  static constexpr std::size_t kMaxRoom = kManifestPiece / 2;

  /// Room for `size` (up to kMaxRoom) characters: fill it, then call advance() with the end of what was written.
  char* room(std::size_t size) {
    if (kManifestPiece - used_ < size) flush();
    return buffer_.get() + used_;
  }
  void advance(const char* end) { used_ = static_cast<std::size_t>(end - buffer_.get()); }

  /// Text of any length, as it is.
  void text(std::string_view text);

  /// A path or another text of the model, escaped, without its quotes.
  void path(std::string_view path) {
    std::size_t plain = 0;
    if (path.size() <= kMaxRoom - sizeof(std::uint64_t)) {
      // Copied and checked in one pass, which is all that 99 of 100 paths need. The last word overlaps the one before:
      // nothing outside the path is read.
      char* const out = room(path.size() + sizeof(std::uint64_t));
      plain = put_plain(out, path);
      advance(out + plain);
      if (plain == path.size()) return;
    }
    path_with_escapes(path.substr(plain));
  }

  void integer(std::uint64_t value) { advance(put_integer(room(kIntegerRoom), value)); }
  void integer(std::int64_t value) { advance(put_integer(room(kIntegerRoom), value)); }
  void digest(const Digest& digest) { advance(put_digest(room(Digest::kHexDigits), digest)); }

  /// Hands on what is left; the first error of the sink.
  Status finish();

  static char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  static char* put_digest(char* out, const Digest& digest) {
    digest.write_hex(out);
    return out + Digest::kHexDigits;
  }
  /// `out` must have kIntegerRoom.
  static char* put_integer(char* out, std::uint64_t value) {
    if (value < kTenTo8) return put_leading(out, value);
    if (value < kTenTo16) return put_eight(put_leading(out, value / kTenTo8), value % kTenTo8);
    out = put_leading(out, value / kTenTo16);
    value %= kTenTo16;
    return put_eight(put_eight(out, value / kTenTo8), value % kTenTo8);
  }
  static char* put_integer(char* out, std::int64_t value) {
    if (value >= 0) return put_integer(out, static_cast<std::uint64_t>(value));
    *out = '-';
    return put_integer(out + 1, std::uint64_t{0} - static_cast<std::uint64_t>(value));
  }

 private:
  static constexpr std::uint64_t kTenTo8 = 100'000'000;
  static constexpr std::uint64_t kTenTo16 = kTenTo8 * kTenTo8;

  // The eight decimal digits of a value below 10^8, one in each byte: halved three times, each time both parts at once.
  // The factors are ceil(2^20 / 100) and ceil(2^10 / 10), exact for values below 10^4 and 100.
  static std::uint64_t digits_of(std::uint64_t value) {
    const std::uint64_t fours = (value / 10000) | ((value % 10000) << 32);
    const std::uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007F0000007FU;
    const std::uint64_t twos = hundreds | ((fours - hundreds * 100) << 16);
    const std::uint64_t tens = ((twos * 103) >> 10) & 0x000F000F000F000FU;
    return tens | ((twos - tens * 10) << 8);
  }
  static char* put_eight(char* out, std::uint64_t value) {
    store_word(out, digits_of(value) | (kOnes * '0'));
    return out + 8;
  }
  // The same without leading zeros; touches eight characters. Without a branch on the number of digits, which in sizes
  // of files is not predictable.
  static char* put_leading(char* out, std::uint64_t value) {
    const std::uint64_t digits = digits_of(value);
    const int zeros = std::countr_zero(digits | (std::uint64_t{1} << 56)) / 8;  // at most seven: "0" is a digit
    store_word(out, (digits | (kOnes * '0')) >> (8 * zeros));
    return out + (8 - zeros);
  }

  // A string stands for itself if it is made of 0x20-0x7E without '"' and '\\'. DEL is escaped, unlike in most
  // encoders.
  static bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }
  // Eight characters at once: false if any needs an escape. Exact, because only "any" is asked, not "which".
  static bool are_plain(std::uint64_t word) {
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    const std::uint64_t del = word ^ (kOnes * 0x7F);
    return (((quote - kOnes) | (backslash - kOnes) | (del - kOnes) | (word - kOnes * 0x20) | word) & kHighBits) == 0;
  }
  // Copies the longest plain beginning, up to seven characters short of it if something follows; gives its length.
  // `out` has room for eight characters more than the text has.
  static std::size_t put_plain(char* out, std::string_view text) {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    std::size_t at = 0;
    for (; text.size() - at >= kWord; at += kWord) {
      const std::uint64_t word = load_word(text.data() + at);
      if (!are_plain(word)) return at;
      store_word(out + at, word);
    }
    if (at == text.size()) return at;
    if (text.size() >= kWord) {
      const std::uint64_t word = load_word(text.data() + text.size() - kWord);
      if (!are_plain(word)) return at;
      store_word(out + text.size() - kWord, word);
      return text.size();
    }
    for (; at < text.size() && is_plain(static_cast<unsigned char>(text[at])); ++at) out[at] = text[at];
    return at;
  }

  void path_with_escapes(std::string_view path);
  void flush();

  const ManifestSink& sink_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  Status status_;
};

}  // namespace attache::detail
