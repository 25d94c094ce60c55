#pragma once

#include <attache/manifest/tree_manifest.hpp>

#include "tree_assembler.hpp"

#include <span>

namespace attache::detail {

/// Layers laid over each other in order, later ones on top: compose, merge and apply. A snapshot among diffs can only
/// be the first. The result is a snapshot (deletions are carried out) or a diff (they are kept).
TreeAssembler overlay(std::span<const TreeManifest* const> layers, ManifestKind result);

}  // namespace attache::detail
