#pragma once

#include <attache/base/error.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <string>

// What the targets that are about manifests check alike.

namespace attache::fuzz {

bool is_printable_line(const std::string& text);

/// A message of a decoder: its code, one short printable line, and a remedy.
void check_refusal(const Error& error);

/// What holds of every manifest of format 2025-12: its encoding is canonical and can be decoded, its order is the
/// format's, its look-ups agree with going over it, its totals with its entries, and a builder makes it again. Gives
/// the encoding.
std::string check_tree(const TreeManifest& manifest, const DecodeOptions& options = {});

inline const TreeManifest& tree_in(const AnyTreeManifest& manifest) {
  return std::visit([](const auto& each) -> const TreeManifest& { return each; }, manifest);
}

}  // namespace attache::fuzz
