#include <attache/base/guarded.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/canonical_runs.hpp>
#include <attache/manifest/codec_v2025.hpp>

#include "canonical_writer.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace attache {

std::string_view specification_version(PathStyle style, ManifestKind kind) {
  const bool snapshot = kind == ManifestKind::kSnapshot;
  switch (style) {
    case PathStyle::kRelative:
      return snapshot ? "relative-manifest-snapshot-beta-2025-12" : "relative-manifest-diff-beta-2025-12";
    case PathStyle::kAbsolute:
      return snapshot ? "absolute-manifest-snapshot-beta-2025-12" : "absolute-manifest-diff-beta-2025-12";
  }
  return {};
}

namespace {

using detail::CanonicalWriter;

constexpr std::uint32_t kNoNumber = 0xFFFFFFFF;
// {"hash":"...","mtime":,"path":"$N/","runnable":true,"size":} and a comma, without the values, all in one piece
constexpr std::size_t kEntryRoom = 160;

class Encoder {
 public:
  Encoder(const TreeManifest& manifest, const ManifestSink& sink) : manifest_(manifest), writer_(sink) {}

  Status run() {
    writer_.text(R"({"dirs":[)");
    write_directories();
    writer_.text(R"(],"files":[)");
    CanonicalRuns runs(manifest_);
    while (const auto run = runs.next()) write_files(*run);
    writer_.text(R"(],"hashAlg":"xxh128",)");
    if (manifest_.parent_hash()) {
      writer_.text(R"("parentManifestHash":")");
      writer_.digest(*manifest_.parent_hash());
      writer_.text(R"(",)");
    }
    writer_.text(R"("specificationVersion":")");
    writer_.text(specification_version(manifest_.style(), manifest_.kind()));
    writer_.text(R"(","totalSize":)");
    writer_.integer(manifest_.total_size());
    writer_.text("}");
    return writer_.finish();
  }

 private:
  // The beginning of the paths in a directory: "$N/", or all of it where directories are not listed.
  void write_start(DirectoryId directory) {
    const std::uint32_t number = numbers_[static_cast<std::size_t>(directory)];
    if (number == kNoNumber) {
      writer_.path(manifest_.path_of(directory));
    } else {
      char* out = writer_.room(CanonicalWriter::kIntegerRoom + 2);
      *out = '$';
      out = CanonicalWriter::put_integer(out + 1, std::uint64_t{number});
      *out = '/';
      writer_.advance(out + 1);
    }
  }

  void write_directories() {
    numbers_.assign(manifest_.directory_count(), kNoNumber);
    std::uint32_t next = 0;
    for (std::size_t i = 1; i < numbers_.size(); ++i) {
      const DirEntry entry = manifest_.directory(static_cast<DirectoryId>(i));
      if (entry.is_anchor) continue;
      writer_.text(next == 0 ? "{" : ",{");
      if (entry.deleted) writer_.text(R"("deleted":true,)");
      writer_.text(R"("path":")");
      write_start(entry.parent);
      writer_.path(entry.name);
      writer_.text(R"("})");
      numbers_[i] = next++;
    }
  }

  void write_files(const TreeManifest::FileRange& run) {
    for (std::size_t i = run.first; i < run.last; ++i) {
      const FileEntry entry = manifest_.file(i);
      if (!first_file_) writer_.text(",");
      first_file_ = false;
      switch (entry.data.content) {
        case FileContent::kHash: {
          char* out = CanonicalWriter::put(writer_.room(kEntryRoom), R"({"hash":")");
          out = CanonicalWriter::put(CanonicalWriter::put_digest(out, entry.data.hash), R"(","mtime":)");
          writer_.advance(out);
          break;
        }
        case FileContent::kChunks:
          writer_.text(R"({"chunkhashes":[)");
          for (std::size_t chunk = 0; chunk < entry.data.chunks.size(); ++chunk) {
            writer_.text(chunk == 0 ? "\"" : ",\"");
            writer_.digest(entry.data.chunks[chunk]);
            writer_.text("\"");
          }
          writer_.text(R"(],"mtime":)");
          break;
        case FileContent::kUnhashed:
          writer_.text(R"({"mtime":)");
          break;
        case FileContent::kLink:
          writer_.text("{");
          write_path(entry);
          writer_.text(R"(,"symlink":{"target":")");
          write_target(entry.data.link_target);
          writer_.text(R"("}})");
          continue;
        case FileContent::kDeleted:
          writer_.text(R"({"deleted":true,)");
          write_path(entry);
          writer_.text("}");
          continue;
      }
      writer_.integer(entry.data.mtime_us);
      writer_.text(",");
      write_path(entry);
      char* out = writer_.room(kEntryRoom);
      if (entry.data.runnable) out = CanonicalWriter::put(out, R"(,"runnable":true)");
      out = CanonicalWriter::put_integer(CanonicalWriter::put(out, R"(,"size":)"), entry.data.size);
      writer_.advance(CanonicalWriter::put(out, "}"));
    }
  }

  void write_path(const FileEntry& entry) {
    writer_.text(R"("path":")");
    write_start(entry.directory);
    writer_.path(entry.name);
    writer_.text("\"");
  }

  // A target is text; what comes before its last slash may be a directory of the manifest all the same.
  void write_target(std::string_view target) {
    const std::size_t slash = target.rfind('/');
    if (slash != std::string_view::npos) {
      const auto directory = manifest_.find_directory(target.substr(0, slash));
      if (directory && numbers_[static_cast<std::size_t>(*directory)] != kNoNumber) {
        write_start(*directory);
        target.remove_prefix(slash + 1);
      }
    }
    writer_.path(target);
  }

  const TreeManifest& manifest_;
  CanonicalWriter writer_;
  std::vector<std::uint32_t> numbers_;  // of each directory in `dirs`
  bool first_file_ = true;
};

}  // namespace

Status encode_v2025(const TreeManifest& manifest, const ManifestSink& sink) {
  return detail::guarded([&] { return Encoder(manifest, sink).run(); });
}

Result<std::string> encode_v2025(const TreeManifest& manifest) {
  return detail::guarded([&]() -> Result<std::string> {
    std::string text;
    // Enough for names of forty characters; what is not written costs no memory, and longer ones make the string grow.
    text.reserve(manifest.file_count() * kEntryRoom + manifest.directory_count() * (kEntryRoom / 2) + kEntryRoom);
    const ManifestSink append = [&text](std::string_view piece) {
      text.append(piece);
      return Status();
    };
    ATTACHE_TRY(Encoder(manifest, append).run());
    return text;
  });
}

Result<Digest> manifest_hash(const TreeManifest& manifest) {
  return detail::guarded([&]() -> Result<Digest> {
    Xxh128Stream stream;
    ATTACHE_TRY(encode_v2025(manifest, [&stream](std::string_view piece) {
      stream.update(std::as_bytes(std::span(piece)));
      return Status();
    }));
    return stream.digest();
  });
}

}  // namespace attache
