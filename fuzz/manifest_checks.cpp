#include "manifest_checks.hpp"

#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/canonical_runs.hpp>
#include <attache/manifest/tree_builder.hpp>

#include "targets.hpp"

#include <algorithm>
#include <optional>

namespace attache::fuzz {

namespace {

constexpr std::size_t kAllViolations = 1'000'000;

void check_lookups(const TreeManifest& manifest) {
  ManifestTotals totals;
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    require(manifest.find_directory(manifest.path_of(id)) == id, "a directory is found by its path");
    const DirEntry entry = manifest.directory(id);
    require(id == DirectoryId::kRoot || entry.parent < id, "a parent comes before its children");
    if (id != DirectoryId::kRoot) {
      require(manifest.find_child(entry.parent, entry.name) == id, "a directory is found by its name");
    }
    if (!manifest.is_listed(id)) continue;
    ++(entry.deleted ? totals.deleted_directories : totals.directories);
    require(!entry.deleted || manifest.kind() == ManifestKind::kDiff, "only diffs delete");
  }
  std::string before;
  for (std::size_t i = 1; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    const std::string path = manifest.path_of(id);
    require(before < path, "directories ascend by the bytes of their paths");
    before = path;
  }
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileEntry entry = manifest.file(i);
    require(manifest.find_file(manifest.path_of(entry)) == i, "a file is found by its path");
    const auto range = manifest.files_in(entry.directory);
    require(range.first <= i && i < range.last, "a file lies in the range of its directory");
    switch (entry.data.content) {
      case FileContent::kLink:
        ++totals.links;
        continue;
      case FileContent::kDeleted:
        ++totals.deleted_files;
        continue;
      case FileContent::kChunks:
        ++totals.chunked_files;
        break;
      case FileContent::kUnhashed:
        ++totals.unhashed_files;
        break;
      case FileContent::kHash:
        break;
    }
    ++totals.files;
    totals.bytes += entry.data.size;
    if (entry.data.runnable) ++totals.runnable_files;
  }
  const ManifestTotals stated = manifest.totals();
  require(stated.files == totals.files && stated.links == totals.links && stated.directories == totals.directories &&
              stated.deleted_files == totals.deleted_files &&
              stated.deleted_directories == totals.deleted_directories &&
              stated.chunked_files == totals.chunked_files && stated.unhashed_files == totals.unhashed_files &&
              stated.runnable_files == totals.runnable_files && stated.bytes == totals.bytes,
          "totals are those of the entries");
  require(manifest.total_size() == totals.bytes, "the total size is the sum of sizes");
}

void check_order(const TreeManifest& manifest) {
  CanonicalRuns runs(manifest);
  std::size_t count = 0;
  std::optional<std::string> before;
  while (const auto run = runs.next()) {
    require(run->size() > 0, "a run has files");
    for (std::size_t i = run->first; i < run->last; ++i, ++count) {
      std::string path = manifest.path_of(manifest.file(i));
      require(!before || compare_utf16(*before, path) < 0, "files come by the UTF-16 units of their paths");
      before = std::move(path);
    }
  }
  require(count == manifest.file_count(), "the runs hold every file");
}

template <typename M>
std::string rebuilt(const TreeManifest& manifest) {
  TreeBuilder<M> builder;
  // Backwards, so that the builder must put everything in order.
  for (std::size_t i = manifest.file_count(); i-- > 0;) {
    const FileEntry entry = manifest.file(i);
    require(builder.add_file(manifest.path_of(entry), entry.data).has_value(), "a builder takes every file");
  }
  for (std::size_t i = manifest.directory_count(); i-- > 0;) {
    const auto id = static_cast<DirectoryId>(i);
    if (!manifest.is_listed(id)) continue;
    const std::string path = manifest.path_of(id);
    const Status added =
        manifest.directory(id).deleted ? builder.add_deleted_directory(path) : builder.add_directory(path);
    require(added.has_value(), "a builder takes every directory");
  }
  const auto made = [&] {
    if constexpr (M::kKind == ManifestKind::kDiff) {
      return std::move(builder).build(*manifest.parent_hash());
    } else {
      return std::move(builder).build();
    }
  }();
  require(made.has_value(), "a builder makes what a decoder accepts");
  return encode_v2025(*made).value();
}

std::string rebuilt(const TreeManifest& manifest) {
  const bool snapshot = manifest.kind() == ManifestKind::kSnapshot;
  if (manifest.style() == PathStyle::kRelative) {
    return snapshot ? rebuilt<Snapshot>(manifest) : rebuilt<SnapshotDiff>(manifest);
  }
  return snapshot ? rebuilt<AbsSnapshot>(manifest) : rebuilt<AbsSnapshotDiff>(manifest);
}

}  // namespace

bool is_printable_line(const std::string& text) {
  return is_utf8(text) && printable(text) == text && text.size() < 4096;
}

void check_refusal(const Error& error) {
  require(error.code() == ErrorCode::kInvalidManifest || error.code() == ErrorCode::kUnsupported,
          "a code of the codec");
  require(!error.message().empty() && is_printable_line(error.message()), "a message is one short printable line");
  require(!error.remedy().empty(), "an error says what to do");
}

std::string check_tree(const TreeManifest& manifest, const DecodeOptions& options) {
  require((manifest.kind() == ManifestKind::kDiff) == manifest.parent_hash().has_value(), "diffs have a parent");
  check_lookups(manifest);
  check_order(manifest);

  std::string text = encode_v2025(manifest).value();
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }), "encoding is ASCII");
  require(manifest_hash(manifest).value() == xxh128(text), "the manifest hash is that of the encoding");
  const Result<AnyTreeManifest> again = decode_v2025(text, options);
  require(again.has_value(), "an encoding can be decoded");
  const TreeManifest& tree = tree_in(*again);
  require(tree.style() == manifest.style() && tree.kind() == manifest.kind(), "an encoding keeps the specification");
  require(tree.file_count() == manifest.file_count(), "an encoding keeps the files");
  require(encode_v2025(tree).value() == text, "encoding is a fixpoint");
  require(rebuilt(manifest) == text, "a builder makes the same manifest");
  const Violations violations = validate_v2025(text, options, kAllViolations).value();
  require(violations.warnings == 0, "nothing is doubtful about canonical bytes");
  require(violations.errors == manifest.totals().unhashed_files, "canonical bytes lack nothing but hashes");
  return text;
}

}  // namespace attache::fuzz
