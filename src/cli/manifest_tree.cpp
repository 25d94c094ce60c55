#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "manifest_listing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

namespace {

constexpr std::string_view kBranch = "├── ";
constexpr std::string_view kLastBranch = "└── ";
constexpr std::string_view kTrunk = "│   ";
constexpr std::string_view kNoTrunk = "    ";

/// Draws with a stack of its own: a manifest may nest ten thousand directories.
class TreePrinter {
 public:
  TreePrinter(const TreeManifest& tree, std::optional<std::uint64_t> depth,
              const std::function<void(const std::string&)>& print)
      : tree_(tree), depth_(depth), print_(print), totals_(directory_totals(tree)) {
    std::size_t size_width = kSizeTitle.size();
    // The largest number need not take the most characters: 1.25 MB, 1.3 GB.
    for (const DirectoryTotals& totals : totals_) size_width = std::max(size_width, human_size(totals.bytes).size());
    for (std::size_t i = 0; i < tree.file_count(); ++i)
      size_width = std::max(size_width, size_text(tree.file(i)).size());
    size_width_ = size_width;
    count_width_ = std::max(kCountTitle.size(), std::to_string(totals_.front().files).size());
  }

  void run() {
    print_(fmt::format("{:>{}}  {:>{}}  {}", kSizeTitle, size_width_, kCountTitle, count_width_, "PATH"));
    if (tree_.style() == PathStyle::kRelative) return draw(DirectoryId::kRoot, ".");
    for (std::size_t i = 1; i < tree_.directory_count(); ++i) {
      const auto id = static_cast<DirectoryId>(i);
      if (tree_.directory(id).is_anchor) draw(id, tree_.path_of(id));
    }
  }

 private:
  static constexpr std::string_view kSizeTitle = "SIZE";
  static constexpr std::string_view kCountTitle = "FILES";

  struct Level {
    std::span<const DirectoryId> directories;
    TreeManifest::FileRange files;
    std::size_t next_directory = 0;
    std::size_t indent = 0;  ///< length of what stands before the level's branches

    bool at_end() const { return next_directory == directories.size() && files.size() == 0; }
  };

  static std::string size_text(const FileEntry& file) {
    if (file.data.content == FileContent::kLink) return "link";
    if (file.data.content == FileContent::kDeleted) return "deleted";
    return human_size(file.data.size);
  }

  void line(std::string_view size, std::string_view count, std::string_view branch, std::string_view name) {
    print_(fmt::format("{:>{}}  {:>{}}  {}{}{}", size, size_width_, count, count_width_, indent_, branch, name));
  }

  void directory_line(DirectoryId id, std::string_view branch, std::string_view name) {
    const DirectoryTotals& totals = totals_[static_cast<std::size_t>(id)];
    const bool deleted = tree_.directory(id).deleted;
    line(deleted ? "deleted" : human_size(totals.bytes), deleted ? "" : std::to_string(totals.files), branch, name);
  }

  void file_line(const FileEntry& file, std::string_view branch) {
    std::string name = printable(file.name);
    if (file.data.runnable) name += '*';
    if (file.data.content == FileContent::kLink) name += " -> " + printable(file.data.link_target);
    if (file.data.content == FileContent::kUnhashed) name += "  (not hashed)";
    line(size_text(file), "", branch, name);
  }

  /// An anchor below an anchor is a root of its own: `//server/share/` is not in `/`.
  void skip_anchors(Level& level) const {
    while (level.next_directory < level.directories.size() &&
           tree_.directory(level.directories[level.next_directory]).is_anchor) {
      ++level.next_directory;
    }
  }

  void enter(DirectoryId id) {
    levels_.push_back({tree_.directories_in(id), tree_.files_in(id), 0, indent_.size()});
    skip_anchors(levels_.back());
  }

  void draw(DirectoryId root, const std::string& name) {
    directory_line(root, "", printable(name));
    if (depth_ == std::uint64_t{0}) return;
    indent_.clear();
    enter(root);
    while (!levels_.empty()) {
      Level& level = levels_.back();
      indent_.resize(level.indent);
      if (level.at_end()) {
        levels_.pop_back();
        continue;
      }
      if (level.next_directory == level.directories.size()) {
        const FileEntry file = tree_.file(level.files.first++);
        file_line(file, level.at_end() ? kLastBranch : kBranch);
        continue;
      }
      const DirectoryId id = level.directories[level.next_directory++];
      skip_anchors(level);
      const bool last = level.at_end();
      directory_line(id, last ? kLastBranch : kBranch, printable(tree_.directory(id).name) + "/");
      if (depth_ && levels_.size() >= *depth_) continue;
      indent_ += last ? kNoTrunk : kTrunk;
      enter(id);
    }
  }

  const TreeManifest& tree_;
  std::optional<std::uint64_t> depth_;
  const std::function<void(const std::string&)>& print_;
  std::vector<DirectoryTotals> totals_;
  std::size_t size_width_ = 0;
  std::size_t count_width_ = 0;
  std::vector<Level> levels_;
  std::string indent_;
};

}  // namespace

std::vector<DirectoryTotals> directory_totals(const TreeManifest& tree) {
  std::vector<DirectoryTotals> totals(tree.directory_count());
  // Parents come before their children.
  for (std::size_t i = totals.size(); i-- > 0;) {
    const auto id = static_cast<DirectoryId>(i);
    const TreeManifest::FileRange files = tree.files_in(id);
    for (std::size_t f = files.first; f < files.last; ++f) {
      const FileData data = tree.file(f).data;
      if (data.content == FileContent::kLink || data.content == FileContent::kDeleted) continue;
      ++totals[i].files;
      totals[i].bytes += data.size;
    }
    if (i == 0) break;
    const DirEntry entry = tree.directory(id);
    DirectoryTotals& parent = totals[entry.is_anchor ? 0 : static_cast<std::size_t>(entry.parent)];
    parent.files += totals[i].files;
    parent.bytes += totals[i].bytes;
  }
  return totals;
}

std::vector<std::uint32_t> directory_depths(const TreeManifest& tree) {
  std::vector<std::uint32_t> depths(tree.directory_count());
  for (std::size_t i = 1; i < depths.size(); ++i) {
    const DirEntry entry = tree.directory(static_cast<DirectoryId>(i));
    depths[i] = entry.is_anchor ? 0 : depths[static_cast<std::size_t>(entry.parent)] + 1;
  }
  return depths;
}

void print_tree(const TreeManifest& tree, std::optional<std::uint64_t> depth,
                const std::function<void(const std::string&)>& print) {
  TreePrinter(tree, depth, print).run();
}

}  // namespace attache
