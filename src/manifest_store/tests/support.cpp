#include "tests/support.hpp"

#include <attache/hash/xxh3.hpp>

#include <cstdlib>
#include <iostream>
#include <span>

namespace attache::testing {

namespace {

Digest hash_of(std::string_view path, std::string_view version) {
  return xxh128(std::string(path) + "|" + std::string(version));
}

}  // namespace

Manifest manifest_of(const std::vector<std::string>& paths, std::string_view version) {
  ManifestBuilder builder;
  for (const std::string& path : paths) {
    if (!builder.add(path, hash_of(path, version), 1, 1)) std::abort();
  }
  return std::move(builder).build().value();
}

std::vector<std::pair<std::string, std::uint64_t>> entries_in(const Manifest& manifest) {
  std::vector<std::pair<std::string, std::uint64_t>> entries;
  for (const ManifestEntry& entry : manifest) entries.emplace_back(entry.path, entry.size);
  return entries;
}

std::vector<std::string> paths_in(const Manifest& manifest) {
  std::vector<std::string> paths;
  for (const ManifestEntry& entry : manifest) paths.emplace_back(entry.path);
  return paths;
}

std::string version_of(const Manifest& manifest, std::string_view path, const std::vector<std::string>& versions) {
  for (const ManifestEntry& entry : manifest) {
    if (entry.path != path) continue;
    for (const std::string& version : versions) {
      if (entry.hash == hash_of(path, version)) return version;
    }
  }
  return "none";
}

void store_text(ObjectStore& store, std::string_view key, std::string_view text,
                const std::map<std::string, std::string>& metadata) {
  MemorySource source(std::as_bytes(std::span(text)));
  PutOptions options;
  options.metadata = metadata;
  const Status stored = store.put(key, source, options, {});
  if (stored) return;
  std::cerr << stored.error().to_string() << '\n';
  std::abort();
}

}  // namespace attache::testing
