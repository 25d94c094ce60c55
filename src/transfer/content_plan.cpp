#include "content_plan.hpp"

#include <attache/base/text.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

namespace attache {

namespace {

constexpr const char* kMakeAgain = "make the manifest again from the original files";

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

// Order by components, so that everything below a path follows it directly: '/' sorts before every other character.
bool component_less(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1; };
    return rank(x) < rank(y);
  });
}

}  // namespace

Result<std::vector<PlannedContent>> plan_contents(const Manifest& manifest) {
  std::vector<PlannedFile> files;
  files.reserve(manifest.size());
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    ATTACHE_ASSIGN(RelativePath path, RelativePath::parse(manifest[i].path));
    files.push_back({i, std::move(path)});
  }
  std::sort(files.begin(), files.end(), [](const PlannedFile& a, const PlannedFile& b) {
    if (a.path == b.path) return a.entry < b.entry;
    return component_less(a.path.text(), b.path.text());
  });

  std::vector<PlannedFile> unique;
  unique.reserve(files.size());
  for (PlannedFile& file : files) {
    if (!unique.empty()) {
      const PlannedFile& previous = unique.back();
      if (previous.path == file.path) {
        const ManifestEntry a = manifest[previous.entry];
        const ManifestEntry b = manifest[file.entry];
        if (a.hash == b.hash && a.size == b.size && a.mtime_us == b.mtime_us) continue;
        return fail(ErrorCode::kInvalidManifest,
                    "the manifest lists '" + printable(file.path.text()) + "' twice with different contents or times",
                    kMakeAgain);
      }
      if (is_below(file.path.text(), previous.path.text())) {
        return fail(ErrorCode::kInvalidManifest,
                    "the manifest lists '" + printable(previous.path.text()) + "' as a file and, for '" +
                        printable(file.path.text()) + "', as a directory",
                    kMakeAgain);
      }
    }
    unique.push_back(std::move(file));
  }

  std::sort(unique.begin(), unique.end(), [](const PlannedFile& a, const PlannedFile& b) { return a.entry < b.entry; });
  std::uint64_t total = 0;
  std::vector<PlannedContent> contents;
  std::unordered_map<Digest, std::size_t> index_of;
  for (PlannedFile& file : unique) {
    const ManifestEntry entry = manifest[file.entry];
    const auto [found, is_new] = index_of.try_emplace(entry.hash, contents.size());
    if (is_new) contents.push_back({entry.hash, entry.size, {}});
    PlannedContent& content = contents[found->second];
    if (content.size != entry.size) {
      return fail(ErrorCode::kInvalidManifest,
                  "the manifest gives hash " + entry.hash.to_hex() + " two sizes, " + std::to_string(content.size) +
                      " and (for '" + printable(file.path.text()) + "') " + std::to_string(entry.size),
                  kMakeAgain);
    }
    if (entry.size > UINT64_MAX - total) {
      return fail(ErrorCode::kInvalidManifest, "the manifest's sizes add up to more than 2^64 bytes", kMakeAgain);
    }
    total += entry.size;
    content.files.push_back(std::move(file));
  }
  return contents;
}

std::vector<std::size_t> largest_first(const std::vector<PlannedContent>& contents) {
  std::vector<std::size_t> order(contents.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return contents[a].size > contents[b].size; });
  return order;
}

unsigned workers_for(unsigned wanted, std::size_t contents) {
  return static_cast<unsigned>(std::clamp<std::size_t>(contents, 1, std::max(wanted, 1U)));
}

}  // namespace attache
