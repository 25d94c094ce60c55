#pragma once

#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/convert.hpp>

#include "console.hpp"
#include "json_writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What several commands say about a manifest.

/// "1 file", "12 files"
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);
/// The first few of some paths, printable: "a, b, c, ..."; the rest is for --json.
std::string some_of(const std::vector<std::string>& paths);

/// Also of a v2023-03-03 manifest, which has files only; `bytes` is the sum, whatever the document states.
ManifestTotals totals_of(const AnyManifest& manifest);
/// "12 files, 3 links, 5 directories, 1.2 GB", with what there is of it.
std::string totals_text(const ManifestTotals& totals);

/// Members of the current object: format, pathStyle, kind, manifestHash, parentManifestHash and the totals.
void add_facts(JsonWriter& json, const AnyManifest& manifest, const Digest& hash, const ManifestTotals& totals);

/// A list of paths as a member.
void add_paths(JsonWriter& json, std::string_view name, const std::vector<std::string>& paths);

/// What a conversion to v2023-03-03 dropped: a line for each kind, and the member `dropped`.
void report_dropped(const Dropped& dropped, Console& console);
void add_dropped(JsonWriter& json, const Dropped& dropped);

}  // namespace attache
