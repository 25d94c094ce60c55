#include "link_collapse.hpp"

#include "decode_support.hpp"

#include <algorithm>

namespace attache::detail {

namespace {

constexpr unsigned kMaxHops = 40;  // as Linux has it
// A few nested links to directories can stand for any number of files.
constexpr std::size_t kFilesPerFile = 64;
constexpr std::size_t kFilesAnyway = 65'536;
constexpr std::size_t kMaxOpen = 256;

}  // namespace

LinkCollapse::Place LinkCollapse::follow(const FileEntry& link, unsigned& hops) const {
  if (++hops > kMaxHops) return {};
  return resolve(link.data.link_target, hops);
}

LinkCollapse::Place LinkCollapse::resolve(std::string_view target, unsigned& hops) const {
  Place at = DirectoryId::kRoot;
  for (std::size_t begin = 0; begin <= target.size();) {
    const std::size_t end = std::min(target.find('/', begin), target.size());
    const std::string_view name = target.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == ".") continue;
    const DirectoryId* const directory = std::get_if<DirectoryId>(&at);
    if (directory == nullptr) return {};  // a file is no directory
    if (name == "..") {
      if (*directory == DirectoryId::kRoot) return {};
      at = manifest_.directory(*directory).parent;
      continue;
    }
    if (const auto child = manifest_.find_child(*directory, name); child && !manifest_.directory(*child).deleted) {
      at = *child;
      continue;
    }
    const auto file = manifest_.find_file(*directory, name);
    if (!file || manifest_.content(*file) == FileContent::kDeleted) return {};
    at = *file;
    if (manifest_.content(*file) == FileContent::kLink) at = follow(manifest_.file(*file), hops);
  }
  return at;
}

bool LinkCollapse::is_open(DirectoryId directory) const {
  // Also a directory that holds one that is open: going through it comes back here.
  return std::any_of(open_.begin(), open_.end(), [&](DirectoryId open) {
    for (DirectoryId at = open;; at = manifest_.directory(at).parent) {
      if (at == directory) return true;
      if (at == DirectoryId::kRoot) return false;
    }
  });
}

Status LinkCollapse::collapse(const FileEntry& link, const std::string& path, const Take& take) {
  // The link lies in directories that must not be gone through below it.
  open_.assign(1, link.directory);
  unsigned hops = 0;
  return take_place(follow(link, hops), path, take);
}

Status LinkCollapse::take_place(const Place& place, const std::string& path, const Take& take) {
  if (const std::size_t* const file = std::get_if<std::size_t>(&place)) {
    if (++taken_ > manifest_.file_count() * kFilesPerFile + kFilesAnyway) {
      return fail(ErrorCode::kUnsupported,
                  "collapsing the links would multiply the files; the link at " + quoted(path) + " is one too many",
                  "exclude links instead");
    }
    return take(path, *file);
  }
  const DirectoryId* const directory = std::get_if<DirectoryId>(&place);
  if (directory == nullptr || is_open(*directory) || open_.size() >= kMaxOpen) return {};
  open_.push_back(*directory);
  // Everything below it, with the path so far; only links open further directories, so the depth of calls is bounded.
  std::vector<std::pair<DirectoryId, std::string>> waiting{{*directory, path}};
  while (!waiting.empty()) {
    const auto [at, prefix] = std::move(waiting.back());
    waiting.pop_back();
    const TreeManifest::FileRange files = manifest_.files_in(at);
    for (std::size_t i = files.first; i < files.last; ++i) {
      const std::string below = prefix + "/" + std::string(manifest_.file_name(i));
      switch (manifest_.content(i)) {
        case FileContent::kDeleted:
          break;
        case FileContent::kLink: {
          unsigned hops = 0;
          open_.push_back(at);
          const Status status = take_place(follow(manifest_.file(i), hops), below, take);
          open_.pop_back();
          ATTACHE_TRY(status);
          break;
        }
        default:
          ATTACHE_TRY(take_place(Place(i), below, take));
      }
    }
    for (const DirectoryId child : manifest_.directories_in(at)) {
      if (!manifest_.directory(child).deleted) {
        waiting.emplace_back(child, prefix + "/" + std::string(manifest_.directory(child).name));
      }
    }
  }
  open_.pop_back();
  return {};
}

}  // namespace attache::detail
