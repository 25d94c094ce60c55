#include "manifest_output.hpp"

#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>

#include "manifest_facts.hpp"
#include "output_file.hpp"

#include <fmt/format.h>

#include <ostream>
#include <span>

namespace attache {

namespace {

constexpr const char* kStandardOutput = "-";

Error wrong_value(std::string_view option, std::string_view value, std::string_view choices) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("{} cannot be '{}'", option, printable(value)),
               fmt::format("give one of {}", choices));
}

std::optional<std::string> first_link(const TreeManifest& manifest) {
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileEntry file = manifest.file(i);
    if (file.data.content == FileContent::kLink) return manifest.path_of(file);
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<ManifestFormat>> parse_format(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view name = text.starts_with('v') ? text.substr(1) : text;
  for (const ManifestFormat format : {ManifestFormat::kV2023_03_03, ManifestFormat::kV2025_12}) {
    if (name == to_string(format)) return format;
  }
  return fail(wrong_value("the format", text, "v2023-03-03, v2025-12"));
}

Result<LinkConversion> parse_link_conversion(std::string_view text) {
  if (text == "error") return LinkConversion::kError;
  if (text == "exclude") return LinkConversion::kExclude;
  if (text == "collapse") return LinkConversion::kCollapse;
  return fail(wrong_value("--links", text, "error, exclude, collapse"));
}

Result<LinkPolicy> parse_link_policy(std::string_view text) {
  if (text == "error") return LinkPolicy::kError;
  if (text == "exclude") return LinkPolicy::kExclude;
  return fail(wrong_value("--links", text, "error, exclude"));
}

Result<CutOptions> cut_options(std::string_view links, ExcludedLinks& excluded) {
  ATTACHE_ASSIGN(const LinkPolicy policy, parse_link_policy(links));
  return CutOptions{policy, &excluded};
}

Error name_link_flag(const Error& error) {
  if (error.code() != ErrorCode::kOutsideRoot) return error;
  return Error(error.code(), error.message(), error.remedy() + " with --links exclude");
}

void report_excluded(const ExcludedLinks& excluded, Console& console, JsonWriter& json) {
  add_paths(json, "excludedLinks", excluded);
  if (excluded.empty()) return;
  console.print(fmt::format("Left out: {}: {}",
                            counted(excluded.size(), "link that leads outside", "links that lead outside"),
                            some_of(excluded)));
}

Result<Formatted> to_v2023_format(const AnyTreeManifest& manifest, LinkConversion links) {
  const TreeManifest& tree = tree_in(manifest);
  if (tree.style() == PathStyle::kAbsolute) {
    return fail(ErrorCode::kUnsupported, "format v2023-03-03 has no absolute paths",
                "make the manifest relative first, with 'attache manifest subtree' or 'partition'");
  }
  if (links == LinkConversion::kError) {
    if (const auto link = first_link(tree)) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("'{}' is a symbolic link, which format v2023-03-03 does not have", printable(*link)),
                  "use 'attache manifest convert' with --links exclude or --links collapse, or format v2025-12");
    }
  }
  DownConversionOptions options;
  options.links = links;
  auto converted = std::visit(
      [&](const auto& each) -> Result<DownConversion> {
        if constexpr (std::decay_t<decltype(each)>::kStyle == PathStyle::kRelative) {
          return to_v2023(each, options);
        } else {
          return fail(ErrorCode::kUnsupported, "absolute paths");  // refused above
        }
      },
      manifest);
  if (!converted) return fail(converted.error());
  if (converted->manifest.empty()) {
    return fail(ErrorCode::kUnsupported, "the result has no file, and a v2023-03-03 manifest must have one",
                "write format v2025-12, which may be empty");
  }
  return Formatted{std::move(converted->manifest), std::move(converted->dropped)};
}

Result<Formatted> in_format(AnyTreeManifest&& manifest, const std::string& format, bool from_v2023) {
  ATTACHE_ASSIGN(const std::optional<ManifestFormat> wanted, parse_format(format));
  if (wanted == ManifestFormat::kV2023_03_03) return to_v2023_format(manifest, LinkConversion::kError);
  if (!wanted && from_v2023 && tree_in(manifest).kind() == ManifestKind::kSnapshot) {
    auto flat = to_v2023_format(manifest, LinkConversion::kError);
    if (flat && flat->dropped.empty()) return flat;
  }
  return Formatted{
      std::visit([](auto&& each) { return AnyManifest(std::forward<decltype(each)>(each)); }, std::move(manifest))};
}

bool all_from_v2023(const std::vector<TreeInput>& inputs) {
  for (const TreeInput& input : inputs) {
    if (!input.v2023_hash) return false;
  }
  return true;
}

Result<ManifestOutput> ManifestOutput::open(const std::string& file, bool force, const CliEnvironment& environment,
                                            Console& console) {
  if (file != kStandardOutput) {
    ATTACHE_TRY(check_output_file(file, force));
    return ManifestOutput(file, force, environment);
  }
  if (console.wants_json()) {
    return fail(ErrorCode::kInvalidArgument,
                "with --json the report goes to standard output, and the manifest would too",
                "name a file for the manifest with --output");
  }
  console.give_output_away();
  return ManifestOutput(file, force, environment);
}

Result<ManifestOutput> ManifestOutput::open(const OutputRequest& request, const CliEnvironment& environment,
                                            Console& console) {
  ATTACHE_TRY(parse_format(request.format).map([](const auto&) {}));
  return open(request.file, request.force, environment, console);
}

Result<Digest> ManifestOutput::write(const AnyManifest& manifest) const {
  Xxh128Stream hash;
  const auto encode = [&](const OutputSink& sink) {
    return encode_manifest(manifest, [&](std::string_view piece) -> Status {
      if (environment_->stop.stop_requested()) return cancelled();
      hash.update(std::as_bytes(std::span(piece)));
      return sink(piece);
    });
  };
  if (file_ != kStandardOutput) {
    ATTACHE_TRY(write_output_file(file_, force_, encode));
    return hash.digest();
  }
  ATTACHE_TRY(encode([this](std::string_view piece) -> Status {
    environment_->out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (environment_->out) return {};
    return fail(ErrorCode::kIo, "the manifest could not be written to standard output",
                "check where it goes: a closed pipe or a full disk");
  }));
  // The canonical bytes end without a line break, and so does a file; on a terminal the prompt would stand behind them.
  if (environment_->out_is_terminal) environment_->out << '\n';
  return hash.digest();
}

Status ManifestOutput::write(const AnyManifest& manifest, Console& console, JsonWriter& report) const {
  ATTACHE_ASSIGN(const Digest hash, write(manifest));
  const ManifestTotals totals = totals_of(manifest);
  console.print(fmt::format("Result: {}: {}", type_name(manifest), totals_text(totals)));
  const std::string where = file_ == kStandardOutput ? "" : printable(from_posix_bytes(file_)) + ", ";
  console.print(fmt::format("Manifest: {}hash {}", where, hash.to_hex()));
  report.key("output").begin_object().member("manifest", from_posix_bytes(file_));
  add_facts(report, manifest, hash, totals);
  report.end_object();
  return {};
}

void begin_report(JsonWriter& report, const std::vector<std::string>& inputs) {
  report.begin_object().member("schemaVersion", std::uint64_t{1}).key("inputs").begin_array();
  for (const std::string& input : inputs) report.value(from_posix_bytes(input));
  report.end_array();
}

Result<ExitStatus> deliver(const Formatted& result, const ManifestOutput& output, Console& console,
                           JsonWriter& report) {
  report_dropped(result.dropped, console);
  add_dropped(report, result.dropped);
  ATTACHE_TRY(output.write(result.manifest, console, report));
  report.end_object();
  console.print(report);
  return ExitStatus::kOk;
}

}  // namespace attache
