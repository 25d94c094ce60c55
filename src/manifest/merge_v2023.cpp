#include <attache/base/guarded.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "entry_blocks.hpp"
#include "path_index.hpp"
#include "trusted_appender.hpp"

#include <algorithm>
#include <cstddef>

namespace attache {

namespace {

using detail::PathIndex;
using detail::TrustedAppender;

// Where an entry of the result comes from.
struct Source {
  std::uint32_t manifest = 0;
  std::uint32_t index = 0;
};

struct Sources {
  std::vector<Source> list;  // in the order of the result
  std::size_t path_bytes = 0;
};

Sources sources_of(std::span<const Manifest* const> manifests, std::size_t entries) {
  Sources sources;
  sources.list.reserve(entries);
  PathIndex index(entries, [&](std::uint32_t number) {
    const Source& source = sources.list[number];
    return manifests[source.manifest]->path(source.index);
  });
  for (std::uint32_t m = 0; m < manifests.size(); ++m) {
    detail::for_each_key(*manifests[m], index, [&](std::uint32_t i, const auto& key) {
      if (const auto known = index.find_or_add(key, static_cast<std::uint32_t>(sources.list.size()))) {
        sources.list[*known] = {m, i};
        return;
      }
      sources.list.push_back({m, i});
      sources.path_bytes += key.path.size();
    });
  }
  return sources;
}

Result<Manifest> copy_of(const Manifest& manifest) {
  ManifestBuilder builder;
  ATTACHE_TRY(builder.reserve(manifest.size(), manifest.path_bytes()));
  TrustedAppender copy(builder);
  for (const ManifestEntry& entry : manifest) copy.add(entry);
  return std::move(builder).build_with_total(manifest.total_size());
}

Result<std::optional<Manifest>> merged(std::span<const Manifest* const> manifests) {
  if (manifests.empty()) return std::optional<Manifest>();
  if (manifests.size() == 1) return copy_of(*manifests[0]);
  std::size_t entries = 0;
  for (const Manifest* const manifest : manifests) entries += manifest->size();
  if (entries > TrustedAppender::kMaxEntries) {
    return fail(ErrorCode::kInvalidArgument, "the manifests to merge have more than 4,294,967,295 entries together",
                "merge fewer of them");
  }
  const Sources sources = sources_of(manifests, entries);
  ManifestBuilder builder;
  ATTACHE_TRY(builder.reserve(sources.list.size(), sources.path_bytes));
  TrustedAppender appender(builder);
  detail::EntryBlocks blocks(sources.list.size(), [&](std::size_t i) {
    const Source& source = sources.list[i];
    return (*manifests[source.manifest])[source.index];
  });
  for (std::span<const ManifestEntry> block = blocks.next(); !block.empty(); block = blocks.next()) {
    for (const ManifestEntry& entry : block) appender.add(entry);
  }
  ATTACHE_ASSIGN(Manifest manifest, std::move(builder).build());
  return std::optional(std::move(manifest));
}

}  // namespace

Result<std::optional<Manifest>> merge(std::span<const Manifest* const> manifests) {
  return detail::guarded([&] { return merged(manifests); });
}

Result<std::optional<Manifest>> merge_by_time(std::span<const Timed<Manifest>> manifests) {
  return detail::guarded([&] {
    std::vector<Timed<Manifest>> sorted(manifests.begin(), manifests.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Timed<Manifest>& a, const Timed<Manifest>& b) { return a.time < b.time; });
    std::vector<const Manifest*> list(sorted.size());
    std::transform(sorted.begin(), sorted.end(), list.begin(),
                   [](const Timed<Manifest>& each) { return each.manifest; });
    return merged(list);
  });
}

}  // namespace attache
