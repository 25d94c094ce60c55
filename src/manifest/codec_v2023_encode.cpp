#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include "canonical_order.hpp"

#include <charconv>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace attache {

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;
constexpr std::size_t kMaxIntegerDigits = 20;  // also "-9223372036854775808"
constexpr std::string_view kHead = R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)";
constexpr std::string_view kTail = R"(],"totalSize":)";
// {"hash":"...","mtime":,"path":"","size":} and a comma, without the values of mtime, path and size
constexpr std::size_t kEntryFrame = 39 + Digest::kHexDigits;

// A string stands for itself if it is made of 0x20-0x7E without '"' and '\\'. DEL is escaped, unlike in most encoders.
bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

// Eight characters at once: false if any needs an escape. Exact, because only "any" is asked, not "which".
bool are_plain(std::uint64_t word) {
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t del = word ^ (kOnes * 0x7F);
  return (((quote - kOnes) | (backslash - kOnes) | (del - kOnes) | (word - kOnes * 0x20) | word) & kHighBits) == 0;
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (!are_plain(word)) break;
  }
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// Collects output in one buffer and hands it on in pieces of nearly its size. After an error it takes everything and
// hands nothing on.
class Writer {
 public:
  explicit Writer(const ManifestSink& sink) : sink_(sink), buffer_(new char[kManifestPiece]) {}

  // Room for `size` characters, at most half of a piece: fill it and call advance().
  char* room(std::size_t size) {
    if (kManifestPiece - used_ < size) flush();
    return buffer_.get() + used_;
  }
  void advance(const char* end) { used_ = static_cast<std::size_t>(end - buffer_.get()); }

  void text(std::string_view text) {
    while (!text.empty()) {
      const std::string_view part = text.substr(0, kManifestPiece / 2);
      advance(put(room(part.size()), part));
      text.remove_prefix(part.size());
    }
  }

  // A path between its quotes.
  void path(std::string_view path) {
    for (;;) {
      const std::size_t plain = plain_prefix(path);
      text(path.substr(0, plain));
      path.remove_prefix(plain);
      if (path.empty()) return;
      path.remove_prefix(escape(path));
    }
  }

  Status finish() {
    flush();
    return std::move(status_);
  }

  static char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }

 private:
  void flush() {
    if (used_ > 0 && status_) status_ = sink_(std::string_view(buffer_.get(), used_));
    used_ = 0;
  }

  // Writes the first character of `path`, which is not plain; gives the number of its bytes.
  std::size_t escape(std::string_view path) {
    std::size_t length = 0;
    const char32_t c = next_code_point(path, length);
    advance(put_json_escape(room(kMaxJsonEscape), c));
    return length;
  }

  const ManifestSink& sink_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  Status status_;
};

template <typename Integer>
char* put_integer(char* out, Integer value) {
  return std::to_chars(out, out + kMaxIntegerDigits, value).ptr;
}

void write_entry(Writer& writer, const ManifestEntry& entry) {
  char* out = writer.room(kEntryFrame + kMaxIntegerDigits);
  out = Writer::put(out, R"({"hash":")");
  entry.hash.write_hex(out);
  out = Writer::put(out + Digest::kHexDigits, R"(","mtime":)");
  out = put_integer(out, entry.mtime_us);
  writer.advance(Writer::put(out, R"(,"path":")"));
  writer.path(entry.path);
  out = Writer::put(writer.room(kEntryFrame + kMaxIntegerDigits), R"(","size":)");
  writer.advance(Writer::put(put_integer(out, entry.size), "}"));
}

}  // namespace

Status encode_v2023(const Manifest& manifest, const ManifestSink& sink) {
  const std::vector<std::size_t> order = detail::canonical_order(manifest);
  Writer writer(sink);
  writer.text(kHead);
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (i > 0) writer.text(",");
    write_entry(writer, manifest[order.empty() ? i : order[i]]);
  }
  writer.text(kTail);
  writer.advance(put_integer(writer.room(kMaxIntegerDigits), manifest.total_size()));
  writer.text("}");
  return writer.finish();
}

std::string encode_v2023(const Manifest& manifest) {
  std::string text;
  // Enough for names of plain ASCII; what is not written costs no memory, and other names make the string grow.
  text.reserve(kHead.size() + kTail.size() + kMaxIntegerDigits + 1 + manifest.path_bytes() +
               manifest.size() * (kEntryFrame + 2 * kMaxIntegerDigits));
  (void)encode_v2023(manifest, [&text](std::string_view piece) {
    text.append(piece);
    return Status();
  });
  return text;
}

Digest manifest_hash(const Manifest& manifest) {
  Xxh128Stream stream;
  (void)encode_v2023(manifest, [&stream](std::string_view piece) {
    stream.update(std::as_bytes(std::span(piece)));
    return Status();
  });
  return stream.digest();
}

}  // namespace attache
