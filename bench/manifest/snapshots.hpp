#pragma once

#include <attache/manifest/tree_manifest.hpp>

#include <string>

namespace attache::bench {

/// PROOF of what makes manifests of v2025-12.
std::string proof_of(const TreeManifest& manifest);

/// The manifest of a document, which is unmapped again: only what decoding leaves counts as input.
Snapshot load_snapshot(const std::string& path);

}  // namespace attache::bench
