#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/paths/names.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"
#include "output_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace attache {

namespace {

/// Parts of one root within one second that still get a name each.
constexpr unsigned kMaxAttempts = 1000;

/// As `manifest snapshot` names its manifest, so that `attachment upload` finds the root by it; a root that has no such
/// name (not UTF-8, too long) gives "part-3.manifest".
std::string part_file_name(const std::string& root, std::size_t number, const LocalTime& now, unsigned attempt) {
  if (const auto name = snapshot_file_name(root, std::nullopt, now, attempt)) {
    if (const auto bytes = to_posix_bytes(*name)) return *bytes;
  }
  const std::string part = fmt::format("part-{}", number);
  if (const auto name = snapshot_file_name(root, part, now, attempt)) return *name;
  return part + (attempt == 1 ? "" : fmt::format("-{}", attempt)) + ".manifest";
}

/// Never replaces: a name that is taken gets a number.
Result<std::string> free_path(const std::string& directory, const std::string& root, std::size_t number,
                              const LocalTime& now) {
  for (unsigned attempt = 1;; ++attempt) {
    std::string path = join_path(directory, part_file_name(root, number, now, attempt));
    const Status free = check_output_file(path, false);
    if (free) return path;
    if (free.error().code() != ErrorCode::kAlreadyExists || attempt == kMaxAttempts) return fail(free.error());
  }
}

struct NamedPart {
  std::string root;
  std::size_t files = 0;  ///< before what the format drops
  Formatted result;
};

Result<std::vector<NamedPart>> partition_all(const TreeInput& input, const PartitionOptions& options,
                                             const std::string& format) {
  return std::visit(
      [&](const auto& manifest) -> Result<std::vector<NamedPart>> {
        using M = std::decay_t<decltype(manifest)>;
        if constexpr (M::kStyle == PathStyle::kAbsolute) {
          auto parts = partition(manifest, options);
          if (!parts) return fail(name_link_flag(parts.error()));
          std::vector<NamedPart> named;
          for (auto& part : *parts) {
            const std::size_t files = part.manifest.file_count();
            auto formatted = in_format(AnyTreeManifest(std::move(part.manifest)), format, false);
            if (!formatted) return fail(formatted.error().within("the part below '" + printable(part.root) + "'"));
            named.push_back({std::move(part.root), files, *std::move(formatted)});
          }
          return named;
        } else {
          return fail(
              ErrorCode::kInvalidArgument,
              fmt::format("{} has relative paths, and only absolute ones lie below roots", input_name(input.file)),
              "give it its root first: 'attache manifest join FILE ROOT'");
        }
      },
      input.manifest);
}

}  // namespace

Result<ExitStatus> run_partition(const PartitionCommand& command, const CliEnvironment& environment, Console& console) {
  ExcludedLinks excluded;
  PartitionOptions options;
  ATTACHE_ASSIGN(options.cut, cut_options(command.links, excluded));
  for (const std::string& root : command.roots) options.roots.push_back(from_posix_bytes(root));
  for (const std::string& path : command.referenced) options.referenced_paths.push_back(from_posix_bytes(path));
  if (!options.roots.empty() && !options.referenced_paths.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--referenced is for roots that are found, and --root gives them",
                "leave one of them out");
  }
  ATTACHE_TRY(parse_format(command.format).map([](const auto&) {}));
  ATTACHE_TRY(check_output_directory(command.directory));
  ATTACHE_ASSIGN(const TreeInput input, read_tree(command.file, environment, command.chunk_size));
  ATTACHE_ASSIGN(const std::vector<NamedPart> parts, partition_all(input, options, command.format));

  JsonWriter report;
  begin_report(report, {command.file});
  report_excluded(excluded, console, report);
  std::uint64_t inside = excluded.size();
  const LocalTime now = environment.local_time();
  report.key("parts").begin_array();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const NamedPart& part = parts[i];
    ATTACHE_ASSIGN(const std::string path, free_path(command.directory, part.root, i + 1, now));
    ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(path, false, environment, console));
    console.print("Root: " + printable(part.root));
    report_dropped(part.result.dropped, console);
    report.begin_object().member("root", part.root);
    add_dropped(report, part.result.dropped);
    ATTACHE_TRY(output.write(part.result.manifest, console, report));
    report.end_object();
    inside += part.files;
  }
  report.end_array();
  // What lies under no given root is left out, which is easily not noticed.
  const std::uint64_t outside = tree_in(input.manifest).file_count() - inside;
  if (outside > 0) {
    console.warn(
        fmt::format("{} below none of the roots", counted(outside, "file or link lies", "files or links lie")));
  }
  if (parts.empty()) console.warn("there is nothing to write: the manifest has no entry, or none below the roots");
  report.member("outsideOfRoots", outside).end_object();
  console.print(report);
  return ExitStatus::kOk;
}

}  // namespace attache
