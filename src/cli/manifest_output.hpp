#pragma once

#include <attache/base/result.hpp>
#include <attache/cli/run.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/convert.hpp>
#include <attache/manifest/operations.hpp>

#include "console.hpp"
#include "json_writer.hpp"
#include "manifest_commands.hpp"
#include "manifest_input.hpp"

#include <optional>
#include <string>
#include <vector>

namespace attache {

// How the manifest commands write their results.

/// Of "v2023-03-03" and "v2025-12", with or without the `v`; nothing for an empty text.
Result<std::optional<ManifestFormat>> parse_format(std::string_view text);
/// Of "error", "exclude" and "collapse".
Result<LinkConversion> parse_link_conversion(std::string_view text);
/// Of "error" and "exclude".
Result<LinkPolicy> parse_link_policy(std::string_view text);

/// The options for a cut that reports to `excluded`.
Result<CutOptions> cut_options(std::string_view links, ExcludedLinks& excluded);
/// An error of a cut, with the flag that avoids it.
Error name_link_flag(const Error& error);
/// A line for links that were left out, and the member `excludedLinks`.
void report_excluded(const ExcludedLinks& excluded, Console& console, JsonWriter& json);

/// A manifest in the format in which it is written.
struct Formatted {
  AnyManifest manifest;
  Dropped dropped{};
};

/// The manifest in v2023-03-03; kUnsupported with the way out for what that format cannot hold.
Result<Formatted> to_v2023_format(const AnyTreeManifest& manifest, LinkConversion links);

/// The result of an operation: as asked for; else, if everything came from v2023-03-03 manifests, in that format again
/// if nothing gets lost by it; else in v2025-12.
Result<Formatted> in_format(AnyTreeManifest&& manifest, const std::string& format, bool from_v2023);
bool all_from_v2023(const std::vector<TreeInput>& inputs);

/// Where one manifest is written.
class ManifestOutput {
 public:
  /// Refuses what cannot be written before anything is read: kInvalidArgument for --json without a file, and what
  /// check_output_file() says. If the manifest goes to standard output, the console's lines do not from now on.
  static Result<ManifestOutput> open(const std::string& file, bool force, const CliEnvironment& environment,
                                     Console& console);
  /// The same, and the format must be one.
  static Result<ManifestOutput> open(const OutputRequest& request, const CliEnvironment& environment, Console& console);

  /// Writes the manifest, in pieces and with a look at Ctrl-C, and says so: lines for people, and for `report` the
  /// member `output`.
  Status write(const AnyManifest& manifest, Console& console, JsonWriter& report) const;

 private:
  ManifestOutput(std::string file, bool force, const CliEnvironment& environment)
      : file_(std::move(file)), force_(force), environment_(&environment) {}
  Result<Digest> write(const AnyManifest& manifest) const;

  std::string file_;
  bool force_;
  const CliEnvironment* environment_;
};

/// Begins a report: its version and the files that were read.
void begin_report(JsonWriter& report, const std::vector<std::string>& inputs);

/// The end of every command with one result: what was dropped, the manifest, and the report.
Result<ExitStatus> deliver(const Formatted& result, const ManifestOutput& output, Console& console, JsonWriter& report);

}  // namespace attache
