#include "tree_selection.hpp"

#include <attache/base/text.hpp>
#include <attache/scan/glob_config.hpp>

#include "cache_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace attache {

namespace {

constexpr std::array kReasons{
    OmissionReason::kHidden,         OmissionReason::kDanglingLink, OmissionReason::kLinkLoop,
    OmissionReason::kEscapingLink,   OmissionReason::kExcludedLink, OmissionReason::kAmbiguousLink,
    OmissionReason::kEmptyDirectory, OmissionReason::kSpecialFile,  OmissionReason::kManifestFile,
    OmissionReason::kMissing,        OmissionReason::kUnreadable};

std::string describe(OmissionReason reason, std::size_t count) {
  const bool one = count == 1;
  switch (reason) {
    case OmissionReason::kHidden:
      return one ? "hidden file or directory (--hidden includes it)"
                 : "hidden files or directories (--hidden includes them)";
    case OmissionReason::kDanglingLink:
      return one ? "link that leads nowhere" : "links that lead nowhere";
    case OmissionReason::kLinkLoop:
      return one ? "link to a directory that contains it" : "links to a directory that contains them";
    case OmissionReason::kEmptyDirectory:
      return one ? "empty directory" : "empty directories";
    case OmissionReason::kSpecialFile:
      return one ? "socket, FIFO or device" : "sockets, FIFOs or devices";
    case OmissionReason::kManifestFile:
      return one ? "manifest of this root" : "manifests of this root";
    case OmissionReason::kExcludedLink:
      return one ? "link (--symlinks)" : "links (--symlinks)";
    case OmissionReason::kEscapingLink:
      return one ? "link out of the root" : "links out of the root";
    case OmissionReason::kAmbiguousLink:
      return one ? "link whose target begins with '$'" : "links whose targets begin with '$'";
    case OmissionReason::kMissing:
      return one ? "file that is not there" : "files that are not there";
    case OmissionReason::kUnreadable:
      return one ? "file or directory that cannot be read" : "files or directories that cannot be read";
  }
  return "entries";
}

}  // namespace

Result<SnapshotOptions> snapshot_options(const TreeSelection& selection) {
  SnapshotOptions options;
  options.root = selection.root;
  if (!selection.include.empty()) options.include = selection.include;
  options.exclude = selection.exclude;
  if (!selection.config.empty() && selection.include.empty() && selection.exclude.empty()) {
    ATTACHE_ASSIGN(GlobConfig config, read_glob_config(selection.config));
    options.include = std::move(config.include);
    options.exclude = std::move(config.exclude);
  }
  options.include_hidden = selection.hidden;
  if (!selection.symlinks.empty()) {
    options.symlinks = parse_symlink_policy(selection.symlinks);
    if (!options.symlinks) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no policy for links", printable(selection.symlinks)),
                  "use collapse-escaping, collapse-all, preserve, transitive-include-targets, exclude-all or "
                  "exclude-escaping");
    }
  }
  ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(selection.chunk_size));
  options.skip_unreadable = selection.skip_unreadable;
  return options;
}

Result<TreeComparison> compare_with(const AnyManifest& manifest, const std::string& file, const CompareOptions& options,
                                    const std::stop_token& stop) {
  if (const auto* const flat = std::get_if<Manifest>(&manifest)) return compare_tree(*flat, options, stop);
  if (const auto* const tree = std::get_if<Snapshot>(&manifest)) return compare_tree(*tree, options, stop);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is {}, and a tree is compared with a relative snapshot", input_name(file),
                          type_with_article(*tree_of(manifest))),
              "apply a diff to its snapshot first, with 'attache manifest compose'; cut absolute paths with 'attache "
              "manifest partition'");
}

std::vector<std::string> paths_of(const std::vector<ChangedFile>& files) {
  std::vector<std::string> paths;
  paths.reserve(files.size());
  for (const ChangedFile& file : files) paths.push_back(file.path);
  return paths;
}

std::unique_ptr<HashCache> open_hash_cache(const CacheRequest& request, const CliEnvironment& environment,
                                           Console& console) {
  if (request.off) return nullptr;
  const Result<std::string> directory = cache_directory(request.directory, environment);
  if (!directory) {
    console.detail("no hash cache: " + directory.error().message());
    return nullptr;
  }
  HashCacheOptions options;
  options.directory = *directory;
  options.trust_incumbent = request.trust_incumbent;
  options.stop = environment.stop;
  options.warn = [&console](const Error& error) { console.warn(error); };
  return HashCache::open(std::move(options));
}

void report_omissions(const std::vector<Omission>& omissions, Console& console) {
  for (const OmissionReason reason : kReasons) {
    std::vector<std::string> paths;
    for (const Omission& omission : omissions) {
      if (omission.reason != reason) continue;
      paths.push_back(omission.path);
      if (console.wants_detail()) {
        console.detail(fmt::format("left out ({}): {}", to_string(reason), printable(omission.path)));
      }
    }
    if (paths.empty()) continue;
    console.print(fmt::format("Left out: {} {}: {}", paths.size(), describe(reason, paths.size()), some_of(paths)));
  }
}

void add_omissions(JsonWriter& json, const std::vector<Omission>& omissions) {
  json.key("leftOut").begin_array();
  for (const Omission& omission : omissions) {
    json.begin_object().member("reason", to_string(omission.reason)).member("path", omission.path).end_object();
  }
  json.end_array();
}

ExitStatus status_of(const std::vector<Omission>& omissions) {
  const bool incomplete = std::any_of(omissions.begin(), omissions.end(), [](const Omission& omission) {
    return omission.reason == OmissionReason::kUnreadable;
  });
  return incomplete ? ExitStatus::kIncomplete : ExitStatus::kOk;
}

}  // namespace attache
