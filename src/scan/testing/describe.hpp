#pragma once

#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/scan/omission.hpp>

#include <string>
#include <vector>

namespace attache {

/// A manifest as lines for a test to compare: "d DIRECTORY", "f PATH SIZE" (with " x" if it is runnable, " ?" if it has
/// no hash, " *N" for N chunk hashes), "l PATH -> TARGET". Directories come first; all in canonical order.
std::vector<std::string> describe(const TreeManifest& manifest);
std::vector<std::string> describe(const Manifest& manifest);
/// "reason path".
std::vector<std::string> describe(const std::vector<Omission>& omissions);

}  // namespace attache
