#include <attache/base/text.hpp>
#include <attache/manifest/canonical_runs.hpp>

#include <algorithm>

namespace attache {

namespace {

// What lies in a directory `name` stands in the order as `name` followed by '/'. Names hold none, so one character
// decides; nothing below '/' or above it is a surrogate.
bool is_below_slash(char c) {
  return static_cast<unsigned char>(c) < '/';
}

bool file_before_contents(std::string_view file, std::string_view directory) {
  if (file.size() > directory.size() && file.starts_with(directory)) return is_below_slash(file[directory.size()]);
  return compare_utf16(file, directory) <= 0;  // "a" is before "a/..."
}

bool contents_before_contents(std::string_view a, std::string_view b) {
  if (a.size() > b.size() && a.starts_with(b)) return is_below_slash(a[b.size()]);
  if (b.size() > a.size() && b.starts_with(a)) return !is_below_slash(b[a.size()]);
  return compare_utf16(a, b) < 0;
}

}  // namespace

CanonicalRuns::CanonicalRuns(const TreeManifest& manifest) : manifest_(&manifest) {
  enter(DirectoryId::kRoot);
}

void CanonicalRuns::enter(DirectoryId directory) {
  const TreeManifest::FileRange files = manifest_->files_in(directory);
  const std::span<const DirectoryId> children = manifest_->directories_in(directory);
  const std::size_t first = children_.size();
  children_.insert(children_.end(), children.begin(), children.end());
  frames_.push_back({files.first, files.last, first, first, children_.size()});
  // They are ordered by bytes, and by names instead of contents; it is rare that this is another order.
  const auto before = [this](DirectoryId a, DirectoryId b) {
    return contents_before_contents(manifest_->directory(a).name, manifest_->directory(b).name);
  };
  const auto begin = children_.begin() + static_cast<std::ptrdiff_t>(first);
  if (!std::is_sorted(begin, children_.end(), before)) std::sort(begin, children_.end(), before);
}

std::optional<TreeManifest::FileRange> CanonicalRuns::next() {
  while (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.next_child == frame.last_child) {
      const TreeManifest::FileRange rest{frame.next_file, frame.last_file};
      children_.resize(frame.first_child);
      frames_.pop_back();
      if (rest.size() > 0) return rest;
      continue;
    }
    const DirectoryId child = children_[frame.next_child];
    const std::string_view name = manifest_->directory(child).name;
    const std::size_t first = frame.next_file;
    while (frame.next_file < frame.last_file && file_before_contents(manifest_->file_name(frame.next_file), name)) {
      ++frame.next_file;
    }
    if (frame.next_file > first) return TreeManifest::FileRange{first, frame.next_file};
    ++frame.next_child;
    enter(child);
  }
  return std::nullopt;
}

}  // namespace attache
