#include "overlay.hpp"

#include <attache/base/text.hpp>

#include "operation_support.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace attache::detail {

namespace {

using DirectoryRecord = TreeAssembler::DirectoryRecord;

// A directory of one layer. Where a later layer has put a file in its place, what is live in it is gone, but what it
// deletes stays deleted: the file may go again.
struct Source {
  std::size_t layer;
  DirectoryId directory;
  bool deletions_only = false;
};

// A file of one layer, as a cursor into the files of a directory.
struct Cursor {
  std::size_t layer;
  std::size_t next;
  std::size_t last;
  bool deletions_only;
};

// What the layers make of a path at which some have a directory and some a file. Kept by the bytes of the names.
struct FileSlot {
  std::string_view name;
  bool kept = false;
  std::size_t layer = 0;
  std::size_t index = 0;
};

struct Child {
  std::string_view name;
  std::uint32_t flags = 0;
  bool deleted = false;
  std::vector<Source> sources;
};

// Goes through all layers at once, directory by directory: the work is that of merging sorted lists, whatever the
// number of layers.
class Overlay {
 public:
  Overlay(std::span<const TreeManifest* const> layers, ManifestKind result)
      : layers_(layers), result_(result), out_(layers.front()->style(), result) {}

  TreeAssembler run() {
    Child root;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) root.sources.push_back({layer, DirectoryId::kRoot});
    frames_.push_back({std::move(root), TreeAssembler::kRoot, {}, 0});
    open();
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.next == frame.children.size()) {
        frames_.pop_back();
        continue;
      }
      Child child = std::move(frame.children[frame.next++]);
      frames_.push_back({std::move(child), kNotMade, {}, 0});
      open();
    }
    return std::move(out_);
  }

 private:
  struct Frame {
    Child directory;
    std::uint32_t made;
    std::vector<Child> children;
    std::size_t next;
  };

  const TreeManifest& layer(std::size_t index) const { return *layers_[index]; }
  bool keeps_deletions() const { return result_ == ManifestKind::kDiff; }

  std::uint32_t make(std::size_t index) {
    std::size_t first = index;
    while (frames_[first].made == kNotMade) --first;
    for (std::size_t i = first + 1; i <= index; ++i) {
      const Child& directory = frames_[i].directory;
      std::uint32_t flags = directory.flags;
      if (directory.deleted && keeps_deletions()) flags |= DirectoryRecord::kDeleted;
      frames_[i].made = out_.add_directory(frames_[i - 1].made, directory.name, flags);
    }
    return frames_[index].made;
  }

  // A directory that is deleted stays out of a snapshot unless something turns out to be left in it.
  void open() {
    const std::size_t index = frames_.size() - 1;
    if (!frames_[index].directory.deleted || keeps_deletions()) make(index);
    std::vector<FileSlot> slots;
    frames_[index].children = children_of(frames_[index].directory.sources, slots);
    files_of(index, slots);
  }

  std::vector<Child> children_of(const std::vector<Source>& sources, std::vector<FileSlot>& slots) {
    struct Candidate {
      std::string_view name;
      Source source;
    };
    std::vector<Candidate> candidates;
    for (const Source& source : sources) {
      for (const DirectoryId child : layer(source.layer).directories_in(source.directory)) {
        candidates.push_back({layer(source.layer).directory(child).name, {source.layer, child, source.deletions_only}});
      }
    }
    // Each layer's are in order by themselves.
    const auto by_name = [](const Candidate& a, const Candidate& b) { return a.name < b.name; };
    if (sources.size() > 1) std::stable_sort(candidates.begin(), candidates.end(), by_name);
    std::vector<Child> children;
    std::vector<Source> group;
    for (std::size_t first = 0; first < candidates.size(); first += group.size()) {
      group.clear();
      const std::string_view name = candidates[first].name;
      for (std::size_t i = first; i < candidates.size() && candidates[i].name == name; ++i) {
        group.push_back(candidates[i].source);
      }
      settle(name, group, sources, children, slots);
    }
    return children;
  }

  // What becomes of one name. Of a layer's entries the deletions come first; a live directory then takes the place of
  // an earlier file, and a live file that of an earlier directory with all that is in it.
  void settle(std::string_view name, const std::vector<Source>& group, const std::vector<Source>& sources,
              std::vector<Child>& children, std::vector<FileSlot>& slots) {
    Child child;
    child.name = name;
    child.flags = flags_of(layer(group.front().layer).directory(group.front().directory)) & ~DirectoryRecord::kDeleted;
    FileSlot slot;
    slot.name = name;
    bool has_slot = false;
    std::size_t next = 0;
    for (const Source& source : sources) {
      const TreeManifest& tree = layer(source.layer);
      const auto file = find_file(source, name);
      const bool has_directory = next < group.size() && group[next].layer == source.layer;
      bool deleted = false;
      bool live = false;
      if (has_directory) {
        const DirEntry entry = tree.directory(group[next].directory);
        deleted = source.deletions_only || entry.deleted;
        live = !source.deletions_only && (!entry.deleted || entry.made_anew);
      }
      const bool file_deleted = file && tree.content(*file) == FileContent::kDeleted;
      has_slot = has_slot || file;
      if (file_deleted) slot = {name, keeps_deletions(), source.layer, *file};
      if (has_directory) {
        child.sources.push_back(group[next]);
        child.deleted = deleted;
        if (live && slot.kept && layer(slot.layer).content(slot.index) != FileContent::kDeleted) slot.kept = false;
      }
      if (file && !file_deleted) {
        slot = {name, true, source.layer, *file};
        if (!keeps_deletions()) child.sources.clear();
        for (Source& earlier : child.sources) earlier.deletions_only = true;
        child.deleted = true;
      }
      if (has_directory) ++next;
    }
    if (has_slot) slots.push_back(slot);
    if (!child.sources.empty()) children.push_back(std::move(child));
  }

  std::optional<std::size_t> find_file(const Source& source, std::string_view name) const {
    const TreeManifest& tree = layer(source.layer);
    const auto file = tree.find_file(source.directory, name);
    if (file && source.deletions_only && tree.content(*file) != FileContent::kDeleted) return std::nullopt;
    return file;
  }

  void files_of(std::size_t index, std::vector<FileSlot>& slots) {
    const std::vector<Source>& sources = frames_[index].directory.sources;
    std::vector<Cursor> cursors;
    for (const Source& source : sources) {
      const TreeManifest::FileRange range = layer(source.layer).files_in(source.directory);
      if (range.size() > 0) cursors.push_back({source.layer, range.first, range.last, source.deletions_only});
    }
    if (cursors.size() == 1 && slots.empty() && !cursors[0].deletions_only) {
      for (std::size_t i = cursors[0].next; i < cursors[0].last; ++i) emit(index, cursors[0].layer, i);
      return;
    }
    // A heap of the layers' next files, the first name on top, and of equal names the earliest layer's.
    const auto later = [this](const Cursor& a, const Cursor& b) {
      const int order = compare_utf16(layer(a.layer).file_name(a.next), layer(b.layer).file_name(b.next));
      return order != 0 ? order > 0 : a.layer > b.layer;
    };
    std::make_heap(cursors.begin(), cursors.end(), later);
    while (!cursors.empty()) {
      const std::string_view name = layer(cursors.front().layer).file_name(cursors.front().next);
      FileSlot last;
      do {
        std::pop_heap(cursors.begin(), cursors.end(), later);
        Cursor& cursor = cursors.back();
        if (!cursor.deletions_only || layer(cursor.layer).content(cursor.next) == FileContent::kDeleted) {
          last = {name, true, cursor.layer, cursor.next};
        }
        if (++cursor.next == cursor.last) {
          cursors.pop_back();
        } else {
          std::push_heap(cursors.begin(), cursors.end(), later);
        }
      } while (!cursors.empty() && layer(cursors.front().layer).file_name(cursors.front().next) == name);
      if (!slots.empty()) {
        const auto slot =
            std::lower_bound(slots.begin(), slots.end(), name,
                             [](const FileSlot& each, std::string_view wanted) { return each.name < wanted; });
        if (slot != slots.end() && slot->name == name) last = *slot;
      }
      if (last.kept) emit(index, last.layer, last.index);
    }
  }

  void emit(std::size_t frame, std::size_t layer_index, std::size_t file) {
    if (!keeps_deletions() && layer(layer_index).content(file) == FileContent::kDeleted) return;
    out_.copy_file(layer(layer_index), file, make(frame));
  }

  std::span<const TreeManifest* const> layers_;
  ManifestKind result_;
  TreeAssembler out_;
  std::vector<Frame> frames_;
};

}  // namespace

TreeAssembler overlay(std::span<const TreeManifest* const> layers, ManifestKind result) {
  return Overlay(layers, result).run();
}

}  // namespace attache::detail
