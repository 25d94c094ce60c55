#include "needed_contents.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "stoppable_sort.hpp"

#include <algorithm>
#include <optional>

namespace attache {

namespace {

/// One naming of a content. The path is made only if somebody wants it.
struct Naming {
  const Digest& hash;
  std::uint64_t size;
  std::uint64_t offset;
  std::uint64_t file_size;
  bool is_chunk;
};

/// `visit(naming, path)` for each, until `stop` fires; `path()` gives the path. `unusable(path, why)` for a file whose
/// contents are unknown.
template <typename Visit, typename Unusable>
void visit_contents(const AnyManifest& manifest, std::uint64_t chunk_size, const std::stop_token& stop,
                    const Visit& visit, const Unusable& unusable) {
  constexpr std::size_t kStopInterval = 4096;
  std::size_t count = 0;
  const auto stops = [&] { return count++ % kStopInterval == 0 && stop.stop_requested(); };
  if (const auto* const flat = std::get_if<Manifest>(&manifest)) {
    for (const ManifestEntry& entry : *flat) {
      if (stops()) return;
      visit(Naming{entry.hash, entry.size, 0, entry.size, false}, [&entry] { return std::string(entry.path); });
    }
    return;
  }
  const TreeManifest& tree = *tree_of(manifest);
  for (std::size_t i = 0; i < tree.file_count(); ++i) {
    if (stops()) return;
    const FileEntry file = tree.file(i);
    const auto path = [&tree, &file] { return tree.path_of(file); };
    if (file.data.content == FileContent::kUnhashed) unusable(path, "it has no hash");
    if (file.data.content == FileContent::kHash) {
      visit(Naming{file.data.hash, file.data.size, 0, file.data.size, false}, path);
    }
    if (file.data.content != FileContent::kChunks) continue;
    if (chunk_count(file.data.size, chunk_size) != file.data.chunks.size()) {
      unusable(path, "its chunks are of another size");
      continue;
    }
    std::uint64_t offset = 0;
    for (const Digest& chunk : file.data.chunks) {
      const std::uint64_t size = std::min(chunk_size, file.data.size - offset);
      visit(Naming{chunk, size, offset, file.data.size, true}, path);
      offset += size;
    }
  }
}

tl::unexpected<Error> two_sizes(const NeededContent& one, const NeededContent& other) {
  return fail(ErrorCode::kInvalidManifest,
              "hash " + one.hash.to_hex() + " has two sizes, " + std::to_string(one.size) + " and " +
                  std::to_string(other.size),
              "make the manifests again from the original files");
}

}  // namespace

Result<std::vector<NeededContent>> needed_contents(std::span<const AnyManifest> manifests, std::uint64_t chunk_size,
                                                   const std::stop_token& stop) {
  std::vector<NeededContent> contents;
  std::optional<Error> error;
  for (const AnyManifest& manifest : manifests) {
    visit_contents(
        manifest, chunk_size, stop,
        [&](const Naming& naming, const auto& /*path*/) {
          contents.push_back({naming.hash, naming.size});
        },
        [&](const auto& path, const char* why) {
          if (error) return;
          error.emplace(ErrorCode::kInvalidManifest,
                        "the manifest does not say what '" + printable(path()) + "' holds: " + why,
                        "make the manifest again from the original files, or give its chunk size");
        });
  }
  if (stop.stop_requested()) return cancelled();
  if (error) return fail(*std::move(error));
  const auto less = [](const NeededContent& a, const NeededContent& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.size < b.size;
  };
  if (!stoppable_sort(contents, stop, less)) return cancelled();
  contents.erase(std::unique(contents.begin(), contents.end()), contents.end());
  const auto same = std::adjacent_find(contents.begin(), contents.end(),
                                       [](const NeededContent& a, const NeededContent& b) { return a.hash == b.hash; });
  if (same != contents.end()) return two_sizes(*same, *(same + 1));
  return contents;
}

std::vector<std::vector<ContentUse>> uses_of(std::span<const Digest> hashes, std::span<const AnyManifest> manifests,
                                             std::uint64_t chunk_size, const std::stop_token& stop) {
  std::vector<std::vector<ContentUse>> uses(hashes.size());
  if (hashes.empty()) return uses;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    visit_contents(
        manifests[i], chunk_size, stop,
        [&](const Naming& naming, const auto& path) {
          const auto found = std::lower_bound(hashes.begin(), hashes.end(), naming.hash);
          if (found == hashes.end() || *found != naming.hash) return;
          uses[static_cast<std::size_t>(found - hashes.begin())].push_back(
              {i, path(), naming.offset, naming.file_size, naming.is_chunk});
        },
        [](const auto& /*path*/, const char* /*why*/) {});
  }
  return uses;
}

void append_hashes(const AnyManifest& manifest, std::vector<Digest>& hashes) {
  if (const auto* const flat = std::get_if<Manifest>(&manifest)) {
    for (const ManifestEntry& entry : *flat) hashes.push_back(entry.hash);
    return;
  }
  const TreeManifest& tree = *tree_of(manifest);
  for (std::size_t i = 0; i < tree.file_count(); ++i) {
    const FileData data = tree.file(i).data;
    if (data.content == FileContent::kHash) hashes.push_back(data.hash);
    if (data.content == FileContent::kChunks) hashes.insert(hashes.end(), data.chunks.begin(), data.chunks.end());
  }
}

std::size_t find_content(std::span<const NeededContent> contents, const Digest& hash) {
  const auto found =
      std::lower_bound(contents.begin(), contents.end(), hash,
                       [](const NeededContent& content, const Digest& value) { return content.hash < value; });
  if (found == contents.end() || found->hash != hash) return contents.size();
  return static_cast<std::size_t>(found - contents.begin());
}

}  // namespace attache
