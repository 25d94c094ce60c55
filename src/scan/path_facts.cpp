#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/scan/path_facts.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unordered_map>
#include <utility>

namespace attache {

namespace {

// As many as Linux follows in one path.
constexpr int kMaxLinks = 40;

bool is_absence(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

PathStatus to_path_status(const FileStatus& status) {
  switch (status.kind) {
    case FileKind::kRegular:
      return {PathKind::kFile, status.size};
    case FileKind::kDirectory:
      return {PathKind::kDirectory, 0};
    case FileKind::kSymlink:
    case FileKind::kOther:
      break;
  }
  return {PathKind::kOther, status.size};
}

/// The components of a path that are still to be passed, the next one last.
void push_components(std::vector<std::string>& pending, std::string_view path) {
  const auto begin = static_cast<std::ptrdiff_t>(pending.size());
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) pending.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  std::reverse(pending.begin() + begin, pending.end());
}

}  // namespace

struct DiskPathFacts::State {
  explicit State(Directory&& opened) : top(std::move(opened)) {}

  // The text of the link at a path; nothing if it is none. A directory is asked about once.
  std::optional<std::string> link(const std::string& path, bool remember) {
    if (const auto known = links.find(path); known != links.end()) return known->second;
    std::optional<std::string> result;
    if (std::string target; top.read_link(path.c_str(), target) == 0) result = std::move(target);
    if (remember) links.emplace(path, result);
    return result;
  }

  Directory top;
  std::unordered_map<std::string, std::optional<std::string>> links;  // native bytes
};

DiskPathFacts::DiskPathFacts(std::unique_ptr<State> state) : state_(std::move(state)) {}
DiskPathFacts::~DiskPathFacts() = default;

Result<std::unique_ptr<DiskPathFacts>> DiskPathFacts::open() {
  ATTACHE_ASSIGN(Directory top, Directory::open("/"));
  return std::unique_ptr<DiskPathFacts>(new DiskPathFacts(std::make_unique<State>(std::move(top))));
}

Result<PathStatus> DiskPathFacts::status(const std::string& path) {
  const auto native = to_posix_bytes(path);
  if (!native) return PathStatus();
  FileStatus status;
  const int error = state_->top.status(native->c_str(), Links::kFollow, status);
  if (error == 0) return to_path_status(status);
  if (is_absence(error)) return PathStatus();
  return fail(system_error("cannot read the status of", path, error));
}

std::string DiskPathFacts::resolved(const std::string& path) {
  const auto native = to_posix_bytes(path);
  if (!native) return path;
  std::vector<std::string> pending;
  push_components(pending, *native);
  std::string real;
  int followed = 0;
  while (!pending.empty()) {
    const std::string component = std::move(pending.back());
    pending.pop_back();
    if (component == ".") continue;
    if (component == "..") {
      real.resize(real.empty() ? 0 : real.rfind('/'));
      continue;
    }
    const std::string next = real + "/" + component;
    const std::optional<std::string> target =
        followed <= kMaxLinks ? state_->link(next, !pending.empty()) : std::nullopt;
    if (!target) {
      real = next;
      continue;
    }
    if (++followed > kMaxLinks) return path;
    if (target->starts_with('/')) real.clear();
    push_components(pending, *target);
  }
  return real.empty() ? "/" : from_posix_bytes(real);
}

namespace {

class Expander {
 public:
  Expander(ExpandedDirectories& result, const std::stop_token& stop) : result_(result), stop_(stop) {}

  Status expand(const std::string& path) {
    const std::size_t before = result_.files.size();
    std::vector<std::string> pending{path};  // native bytes
    while (!pending.empty()) {
      if (stop_.stop_requested()) return cancelled();
      const std::string directory = std::move(pending.back());
      pending.pop_back();
      ATTACHE_ASSIGN(Directory opened, Directory::open(directory));
      ATTACHE_ASSIGN(const std::vector<DirectoryEntry> entries, opened.entries());
      for (const DirectoryEntry& entry : entries) {
        const std::string below = directory + (directory.ends_with('/') ? "" : "/") + entry.name;
        if (entry.kind == FileKind::kDirectory) {
          pending.push_back(below);
        } else if (entry.kind != FileKind::kSymlink || !leads_to_directory(opened, entry.name)) {
          result_.files.push_back(from_posix_bytes(below));
        }
      }
    }
    if (result_.files.size() == before) result_.references.push_back(from_posix_bytes(path));
    return {};
  }

 private:
  static bool leads_to_directory(const Directory& directory, const std::string& name) {
    FileStatus status;
    return directory.status(name.c_str(), Links::kFollow, status) == 0 && status.kind == FileKind::kDirectory;
  }

  ExpandedDirectories& result_;
  const std::stop_token& stop_;
};

}  // namespace

Result<ExpandedDirectories> expand_directories_on_disk(const std::vector<std::string>& directories,
                                                       bool require_paths_exist, const std::stop_token& stop) {
  ExpandedDirectories result;
  ATTACHE_ASSIGN(const std::unique_ptr<DiskPathFacts> facts, DiskPathFacts::open());
  std::string missing;
  Expander expander(result, stop);
  for (const std::string& directory : directories) {
    ATTACHE_ASSIGN(const PathStatus status, facts->status(directory));
    if (status.kind == PathKind::kDirectory) {
      ATTACHE_TRY(expander.expand(to_posix_bytes(directory).value_or(directory)));
    } else if (require_paths_exist) {
      missing.append(missing.empty() ? "" : ", ").append("'").append(printable(directory)).append("'");
    } else {
      result.references.push_back(directory);
      result.missing.push_back(directory);
    }
  }
  if (!missing.empty()) {
    return fail(ErrorCode::kInvalidArgument, "input directories that are missing or no directories: " + missing,
                "correct the paths, or leave out --require-paths-exist to keep them as references");
  }
  return result;
}

}  // namespace attache
