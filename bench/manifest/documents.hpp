#pragma once

#include <cstdint>
#include <string>

namespace attache::bench {

/// The documents that are measured, made by rule and without the library: what it reads was not written by it.
///
/// Entry i of the base is `shot_SSS/seq_QQ/frame_IIIIIII.exr`, 1,000 frames in a sequence and 20 sequences in a shot,
/// so that ascending i is the canonical order; hash, size and time are functions of i.
enum class Variant {
  kBase,     ///< entries 0 .. N-1
  kChanged,  ///< the base with 1 % of differences: of 1,000 entries 6 have other content, 2 are gone, 2 are new
  kOther,    ///< entries N/2 .. 3N/2-1, all with other content: half of the paths of the base, and as many new ones
};
enum class Format { kV2023, kV2025 };

struct DocumentOptions {
  Format format = Format::kV2023;
  Variant variant = Variant::kBase;
  std::uint64_t entries = 1'000'000;
  /// The entries in a random order (always the same one) instead of the canonical one. Directories of v2025-12 stay in
  /// order: a reference may only point backwards.
  bool shuffled = false;
};

/// Shot numbers have three digits: with more entries the order by rule would not be canonical.
inline constexpr std::uint64_t kMostEntries = 13'000'000;

void write_document(const DocumentOptions& options, const std::string& path);

}  // namespace attache::bench
