#pragma once

#include <attache/manifest/tree_manifest.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace attache::testing {

// Small manifests as lists of words, for examples in tests:
//   d/        a directory           -d/   a deleted directory
//   f         a file                -f    a deletion
//   f=7       of 7 bytes            f!    with its execute bit (also f=7!)
//   f@5       of the time 5 us      f?    never hashed
//   l->t      a link to t
// Files have a size of 1, a time of 0, and a hash that depends on the size.

/// A manifest of these entries; a test fails if there is none. Diffs have the parent hash of 32 digits 0.
template <typename M>
M manifest_of(std::initializer_list<std::string_view> words);

/// Every entry as a word: directories in their order, implied ones too, then files in canonical order.
std::vector<std::string> words_of(const TreeManifest& manifest);

}  // namespace attache::testing
