#pragma once

#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/object_store.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::testing {

/// A manifest of files whose hash is that of their path and `version`, with the size 1.
Manifest manifest_of(const std::vector<std::string>& paths, std::string_view version = "");
/// Path and size of each entry.
std::vector<std::pair<std::string, std::uint64_t>> entries_in(const Manifest& manifest);
std::vector<std::string> paths_in(const Manifest& manifest);
/// Which of the versions an entry has.
std::string version_of(const Manifest& manifest, std::string_view path, const std::vector<std::string>& versions);

/// Stores a text; fails the program if it cannot.
void store_text(ObjectStore& store, std::string_view key, std::string_view text,
                const std::map<std::string, std::string>& metadata = {});

}  // namespace attache::testing
