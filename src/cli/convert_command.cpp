#include <attache/base/text.hpp>
#include <attache/manifest/convert.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"

#include <fmt/format.h>

#include <utility>

namespace attache {

namespace {

/// In v2023-03-03 a total is what a document states; here it becomes the sum.
Status correct_total(AnyManifest& manifest, Console& console) {
  const auto& stated = std::get<Manifest>(manifest);
  if (stated.total_size() == totals_of(manifest).bytes) return {};
  ManifestBuilder builder;
  ATTACHE_TRY(builder.reserve(stated.size(), stated.path_bytes()));
  for (const ManifestEntry& entry : stated) {
    ATTACHE_TRY(builder.add(entry.path, entry.hash, entry.size, entry.mtime_us));
  }
  ATTACHE_ASSIGN(Manifest corrected, std::move(builder).build());
  console.print(
      fmt::format("Corrected: the total size was {} bytes, and is {}", stated.total_size(), corrected.total_size()));
  manifest = std::move(corrected);
  return {};
}

}  // namespace

Result<ExitStatus> run_convert(const ConvertCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const std::optional<ManifestFormat> wanted, parse_format(command.output.format));
  ATTACHE_ASSIGN(const LinkConversion links, parse_link_conversion(command.links));
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(command.file, environment, command.chunk_size));
  const ManifestFormat from = format_of(manifest);
  const ManifestFormat to = wanted.value_or(from);

  JsonWriter report;
  begin_report(report, {command.file});
  Formatted result{std::move(manifest)};
  if (to == ManifestFormat::kV2023_03_03 && from == to) {
    ATTACHE_TRY(correct_total(result.manifest, console));
  } else if (to == ManifestFormat::kV2023_03_03) {
    ATTACHE_ASSIGN(const TreeInput input, to_tree_input(std::move(result.manifest), command.file));
    auto converted = to_v2023_format(input.manifest, links);
    if (!converted) return fail(converted.error().within("cannot convert " + input_name(command.file)));
    result = *std::move(converted);
  } else {
    ATTACHE_ASSIGN(TreeInput input, to_tree_input(std::move(result.manifest), command.file));
    ATTACHE_ASSIGN(result, in_format(std::move(input.manifest), "v2025-12", false));
  }
  return deliver(result, output, console, report);
}

}  // namespace attache
