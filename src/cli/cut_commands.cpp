#include <attache/base/glob.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"

#include <fmt/format.h>

namespace attache {

// filter, subtree and join: one manifest in, a part of it or the whole at another place out.

namespace {

Result<GlobSet> compile_patterns(const FilterCommand& command) {
  if (command.include.empty() && command.exclude.empty()) {
    return fail(ErrorCode::kInvalidArgument, "there is no pattern to filter by", "give --include or --exclude");
  }
  GlobOptions options;
  if (command.dialect == "python") {
    options.dialect = GlobDialect::kPython;
  } else if (command.dialect == "design") {
    options.dialect = GlobDialect::kDesign;
  } else {
    return fail(ErrorCode::kInvalidArgument, fmt::format("--dialect cannot be '{}'", printable(command.dialect)),
                "give one of design, python");
  }
  options.match_hidden = command.hidden;
  options.case_insensitive = command.ignore_case;
  std::vector<std::string> include = command.include;
  if (include.empty()) include.emplace_back("**/*");  // no patterns would select nothing in one of the dialects
  std::vector<std::string> exclude = command.exclude;
  for (std::string& pattern : include) pattern = from_posix_bytes(pattern);
  for (std::string& pattern : exclude) pattern = from_posix_bytes(pattern);
  return GlobSet::compile(include, exclude, options);
}

/// What the command line may call an absolute directory: that of any system.
bool is_absolute(std::string_view path) {
  if (path.starts_with('/') || path.starts_with('\\')) return true;
  const bool letter = !path.empty() && ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
  return letter && path.size() >= 2 && path[1] == ':' && (path.size() == 2 || path[2] == '/' || path[2] == '\\');
}

/// What an operation makes of a manifest of whatever type; it returns a Result of some type of tree.
template <typename Operation>
Result<AnyTreeManifest> transformed(const TreeInput& input, const Operation& operation) {
  return std::visit(
      [&](const auto& manifest) -> Result<AnyTreeManifest> {
        auto result = operation(manifest);
        if (!result) return fail(std::move(result).error());
        return AnyTreeManifest(*std::move(result));
      },
      input.manifest);
}

/// join() and to_absolute() for all types; absolute ones, which neither takes, have been refused before.
template <typename M>
Result<AnyTreeManifest> moved(const M& manifest, const std::string& prefix) {
  if constexpr (M::kStyle == PathStyle::kAbsolute) {
    return fail(ErrorCode::kInvalidArgument, "absolute paths cannot be moved", "use a relative manifest");
  } else if (is_absolute(prefix)) {
    return to_absolute(manifest, prefix).map([](auto each) { return AnyTreeManifest(std::move(each)); });
  } else {
    return join(manifest, prefix).map([](auto each) { return AnyTreeManifest(std::move(each)); });
  }
}

/// To the library such a path is that of a directory which is not there; on a command line it is a mistake.
Status check_style(const TreeInput& input, const std::string& path) {
  const bool absolute = tree_in(input.manifest).style() == PathStyle::kAbsolute;
  if (path.empty() || absolute == is_absolute(path)) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} is {}, and '{}' is {} path", input_name(input.file), type_with_article(tree_in(input.manifest)),
                  printable(path), absolute ? "a relative" : "an absolute"),
      "give the directory as the manifest writes it: 'attache manifest show --tree' shows it");
}

}  // namespace

Result<ExitStatus> run_filter(const FilterCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const GlobSet patterns, compile_patterns(command));
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(const TreeInput input, read_tree(command.file, environment, command.chunk_size));
  ATTACHE_ASSIGN(AnyTreeManifest filtered,
                 transformed(input, [&](const auto& manifest) { return filter(manifest, patterns); }));
  const std::size_t before = tree_in(input.manifest).file_count();
  const std::size_t after = tree_in(filtered).file_count();
  ATTACHE_ASSIGN(const Formatted result,
                 in_format(std::move(filtered), command.output.format, input.v2023_hash.has_value()));
  console.print(fmt::format("Selected: {} of {} files and links", after, before));
  JsonWriter report;
  begin_report(report, {command.file});
  report.member("selected", std::uint64_t{after}).member("of", std::uint64_t{before});
  return deliver(result, output, console, report);
}

Result<ExitStatus> run_subtree(const SubtreeCommand& command, const CliEnvironment& environment, Console& console) {
  ExcludedLinks excluded;
  ATTACHE_ASSIGN(const CutOptions options, cut_options(command.links, excluded));
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(const TreeInput input, read_tree(command.file, environment, command.chunk_size));
  const std::string path = from_posix_bytes(command.path);
  ATTACHE_TRY(check_style(input, path));
  auto cut = transformed(input, [&](const auto& manifest) { return subtree(manifest, path, options); });
  if (!cut) return fail(name_link_flag(cut.error()));
  if (tree_in(*cut).file_count() == 0 && tree_in(*cut).directory_count() == 1) {
    console.warn(
        fmt::format("nothing in {} lies below '{}': the result is empty", input_name(command.file), printable(path)));
  }
  ATTACHE_ASSIGN(const Formatted result,
                 in_format(*std::move(cut), command.output.format, input.v2023_hash.has_value()));
  JsonWriter report;
  begin_report(report, {command.file});
  report_excluded(excluded, console, report);
  return deliver(result, output, console, report);
}

Result<ExitStatus> run_join(const JoinCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(const TreeInput input, read_tree(command.file, environment, command.chunk_size));
  if (tree_in(input.manifest).style() == PathStyle::kAbsolute) {
    return fail(ErrorCode::kInvalidArgument,
                input_name(command.file) + " has absolute paths, which lie below nothing else",
                "cut it out of its directory first, with 'attache manifest subtree'");
  }
  const std::string prefix = from_posix_bytes(command.prefix);
  ATTACHE_ASSIGN(AnyTreeManifest joined,
                 std::visit([&](const auto& manifest) { return moved(manifest, prefix); }, input.manifest));
  ATTACHE_ASSIGN(const Formatted result,
                 in_format(std::move(joined), command.output.format, input.v2023_hash.has_value()));
  JsonWriter report;
  begin_report(report, {command.file});
  return deliver(result, output, console, report);
}

}  // namespace attache
