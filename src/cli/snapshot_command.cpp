#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/temporary_file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/paths/names.hpp>
#include <attache/scan/snapshot.hpp>

#include "commands.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace attache {

namespace {

/// Snapshots of one root within one second that still get a name each.
constexpr unsigned kMaxAttempts = 1000;
/// Omissions that are named on the terminal; --json and --verbose list all.
constexpr std::size_t kNamedOmissions = 5;

constexpr std::array kReasons{OmissionReason::kHidden,        OmissionReason::kDanglingLink,
                              OmissionReason::kLinkLoop,      OmissionReason::kEmptyDirectory,
                              OmissionReason::kSpecialFile,   OmissionReason::kManifestFile,
                              OmissionReason::kExcludedLink,  OmissionReason::kEscapingLink,
                              OmissionReason::kAmbiguousLink, OmissionReason::kMissing,
                              OmissionReason::kUnreadable};

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
      return one ? "symbolic link" : "symbolic links";
    case OmissionReason::kEscapingLink:
      return one ? "link out of the root" : "links out of the root";
    case OmissionReason::kAmbiguousLink:
      return one ? "link whose target a manifest cannot hold" : "links whose targets a manifest cannot hold";
    case OmissionReason::kMissing:
      return one ? "file that is not there" : "files that are not there";
    case OmissionReason::kUnreadable:
      return one ? "path that cannot be read" : "paths that cannot be read";
  }
  return "entries";
}

void report_omissions(const TreeSnapshot& snapshot, Console& console) {
  for (const OmissionReason reason : kReasons) {
    std::size_t count = 0;
    std::string names;
    for (const Omission& omission : snapshot.omissions) {
      if (omission.reason != reason) continue;
      if (++count <= kNamedOmissions) names += (count == 1 ? "" : ", ") + printable(omission.path);
      if (console.wants_detail())
        console.detail(fmt::format("left out ({}): {}", to_string(reason), printable(omission.path)));
    }
    if (count == 0) continue;
    console.print(fmt::format("Left out: {} {}: {}{}", count, describe(reason, count), names,
                              count > kNamedOmissions ? ", ..." : ""));
  }
}

/// Never replaces: a second snapshot within one second gets a name of its own.
Result<std::string> write_manifest(const std::string& directory, const std::string& root,
                                   const std::optional<std::string>& name, const LocalTime& now,
                                   std::string_view document) {
  for (unsigned attempt = 1;; ++attempt) {
    ATTACHE_ASSIGN(const std::string file_name, snapshot_file_name(root, name, now, attempt));
    const std::string path =
        directory + (directory.ends_with('/') ? "" : "/") + to_posix_bytes(file_name).value_or(file_name);
    const Status written = write_file(path, document, TemporaryFile::IfExists::kFail);
    if (written) return path;
    if (written.error().code() != ErrorCode::kAlreadyExists || attempt == kMaxAttempts) return fail(written.error());
  }
}

}  // namespace

Result<ExitStatus> run_snapshot(const SnapshotCommand& command, const CliEnvironment& environment, Console& console) {
  // Everything that can be refused is refused before the first file is read.
  const std::string root = from_posix_bytes(command.root);
  const LocalTime now = environment.local_time();
  std::optional<std::string> name;
  if (!command.name.empty()) name = from_posix_bytes(command.name);
  ATTACHE_TRY(snapshot_file_name(root, name, now).map([](const std::string&) {}));
  if (!command.destination.empty()) ATTACHE_TRY(Directory::open(command.destination).map([](const Directory&) {}));

  SnapshotOptions options;
  options.root = command.root;
  if (!command.include.empty()) options.include = command.include;
  options.exclude = command.exclude;
  options.include_hidden = command.hidden;
  options.progress = console.progress("Hashing");
  ATTACHE_ASSIGN(const TreeSnapshot snapshot, snapshot_tree(options, environment.stop));

  const std::string& directory = command.destination.empty() ? command.root : command.destination;
  ATTACHE_ASSIGN(const std::string document, encode_v2023(snapshot.manifest));
  ATTACHE_ASSIGN(const std::string path, write_manifest(directory, root, name, now, document));

  console.print(fmt::format("Snapshot of {}: {} files, {}", printable(root), snapshot.manifest.size(),
                            human_size(snapshot.manifest.total_size())));
  report_omissions(snapshot, console);
  console.print("Manifest: " + printable(from_posix_bytes(path)));

  JsonWriter json;
  json.begin_object()
      .member("schemaVersion", std::uint64_t{1})
      .member("root", root)
      .member("manifest", from_posix_bytes(path));
  json.member("manifestHash", xxh128(document).to_hex());
  json.member("files", std::uint64_t{snapshot.manifest.size()}).member("bytes", snapshot.manifest.total_size());
  json.key("leftOut").begin_array();
  for (const Omission& omission : snapshot.omissions) {
    json.begin_object().member("reason", to_string(omission.reason)).member("path", omission.path).end_object();
  }
  json.end_array().end_object();
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
