#include <attache/base/guarded.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include "canonical_order.hpp"
#include "canonical_writer.hpp"
#include "entry_blocks.hpp"

#include <span>
#include <vector>

namespace attache {

namespace {

using detail::CanonicalWriter;

constexpr std::size_t kMaxIntegerDigits = 20;  // also "-9223372036854775808"
constexpr std::string_view kHead = R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)";
constexpr std::string_view kTail = R"(],"totalSize":)";
// {"hash":"...","mtime":,"path":"","size":} and a comma, without the values of mtime, path and size
constexpr std::size_t kEntryFrame = 39 + Digest::kHexDigits;

void write_entry(CanonicalWriter& writer, const ManifestEntry& entry) {
  char* out = writer.room(kEntryFrame + CanonicalWriter::kIntegerRoom);
  out = CanonicalWriter::put_digest(CanonicalWriter::put(out, R"({"hash":")"), entry.hash);
  out = CanonicalWriter::put_integer(CanonicalWriter::put(out, R"(","mtime":)"), entry.mtime_us);
  writer.advance(CanonicalWriter::put(out, R"(,"path":")"));
  writer.path(entry.path);
  out = CanonicalWriter::put(writer.room(kEntryFrame + CanonicalWriter::kIntegerRoom), R"(","size":)");
  writer.advance(CanonicalWriter::put(CanonicalWriter::put_integer(out, entry.size), "}"));
}

Status encode(const Manifest& manifest, const ManifestSink& sink) {
  const std::vector<std::uint32_t> order = detail::canonical_order(manifest);
  CanonicalWriter writer(sink);
  writer.text(kHead);
  bool first = true;
  const auto write = [&](const ManifestEntry& entry) {
    if (!first) writer.text(",");
    first = false;
    write_entry(writer, entry);
  };
  if (order.empty()) {
    for (const ManifestEntry& entry : manifest) write(entry);
  } else {
    detail::EntryBlocks blocks(order.size(), [&](std::size_t i) { return manifest[order[i]]; });
    for (std::span<const ManifestEntry> block = blocks.next(); !block.empty(); block = blocks.next()) {
      for (const ManifestEntry& entry : block) write(entry);
    }
  }
  writer.text(kTail);
  writer.integer(manifest.total_size());
  writer.text("}");
  return writer.finish();
}

}  // namespace

Status encode_v2023(const Manifest& manifest, const ManifestSink& sink) {
  return detail::guarded([&] { return encode(manifest, sink); });
}

Result<std::string> encode_v2023(const Manifest& manifest) {
  return detail::guarded([&]() -> Result<std::string> {
    std::string text;
    // Enough for names of plain ASCII; what is not written costs no memory, and other names make the string grow.
    text.reserve(kHead.size() + kTail.size() + kMaxIntegerDigits + 1 + manifest.path_bytes() +
                 manifest.size() * (kEntryFrame + 2 * kMaxIntegerDigits));
    ATTACHE_TRY(encode(manifest, [&text](std::string_view piece) {
      text.append(piece);
      return Status();
    }));
    return text;
  });
}

Result<Digest> manifest_hash(const Manifest& manifest) {
  return detail::guarded([&]() -> Result<Digest> {
    Xxh128Stream stream;
    ATTACHE_TRY(encode_v2023(manifest, [&stream](std::string_view piece) {
      stream.update(std::as_bytes(std::span(piece)));
      return Status();
    }));
    return stream.digest();
  });
}

}  // namespace attache
