// The second half of TreeAssembler: order, and the faults that show only when everything is there.

#include <attache/base/swar.hpp>
#include <attache/base/text.hpp>

#include "key_sorter.hpp"
#include "tree_assembler.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace attache {

namespace {

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t same = 0;
  for (; same + sizeof(std::uint64_t) <= shorter; same += sizeof(std::uint64_t)) {
    const std::uint64_t difference = detail::load_word(a.data() + same) ^ detail::load_word(b.data() + same);
    if (difference != 0) return same + static_cast<std::size_t>(std::countr_zero(difference)) / 8;
  }
  while (same < shorter && a[same] == b[same]) ++same;
  return same;
}

// Whether `later`, a name after `earlier` in its directory, comes before what lies in the directory `earlier`, whose
// paths go on with '/': "a", "a-b", "a-b/x", "a/x".
bool comes_before_contents(std::string_view later, std::string_view earlier) {
  return later.size() > earlier.size() && later.starts_with(earlier) &&
         static_cast<unsigned char>(later[earlier.size()]) < '/';
}

}  // namespace

void TreeAssembler::order_directories() {
  auto& directories = tree_.directories_;
  auto& children = tree_.children_;
  const std::size_t count = directories.size();
  for (DirectoryRecord& record : directories) record.first_child = 0;
  for (std::size_t i = 1; i < count; ++i) ++directories[directories[i].parent].first_child;
  std::uint32_t end = 0;
  for (DirectoryRecord& record : directories) end = record.first_child += end;  // the end of each for now
  children.resize(count - 1);
  for (std::size_t i = count - 1; i >= 1; --i) {
    children[--directories[directories[i].parent].first_child] = static_cast<DirectoryId>(i);
  }
  const auto children_end = [&](std::size_t i) {
    return i + 1 < count ? directories[i + 1].first_child : static_cast<std::uint32_t>(count - 1);
  };
  const auto by_name = [this](DirectoryId a, DirectoryId b) {
    return name_of(tree_.record_of(a)) < name_of(tree_.record_of(b));
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = children.begin() + directories[i].first_child;
    const auto last = children.begin() + children_end(i);
    if (!std::is_sorted(first, last, by_name)) std::sort(first, last, by_name);
  }

  // Depth first, but what lies in a directory comes after those of its siblings that continue its name with a
  // character below '/': they wait in `pending`. Without recursion: a manifest decides how deep this goes.
  struct Frame {
    std::uint32_t next;
    std::uint32_t end;
    std::size_t pending_base;
  };
  std::vector<std::uint32_t> order;
  order.reserve(count);
  order.push_back(kRoot);
  std::vector<std::uint32_t> pending;
  std::vector<Frame> frames{{directories[0].first_child, children_end(0), 0}};
  while (!frames.empty()) {
    Frame& frame = frames.back();
    const bool waiting = pending.size() > frame.pending_base;
    if (frame.next < frame.end) {
      const auto child = static_cast<std::uint32_t>(children[frame.next]);
      if (!waiting || comes_before_contents(name_of(directories[child]), name_of(directories[pending.back()]))) {
        order.push_back(child);
        ++frame.next;
        if (directories[child].first_child != children_end(child)) pending.push_back(child);
        continue;
      }
    } else if (!waiting) {
      frames.pop_back();
      continue;
    }
    const std::uint32_t inner = pending.back();
    pending.pop_back();
    frames.push_back({directories[inner].first_child, children_end(inner), pending.size()});
  }
  bool in_order = true;
  for (std::size_t i = 0; i < count && in_order; ++i) in_order = order[i] == i;
  if (!in_order) renumber(order);
}

void TreeAssembler::renumber(const std::vector<std::uint32_t>& order) {
  auto& directories = tree_.directories_;
  const std::size_t count = directories.size();
  std::vector<std::uint32_t> number(count);  // the new number of an old one
  for (std::size_t i = 0; i < count; ++i) number[order[i]] = static_cast<std::uint32_t>(i);
  std::vector<DirectoryRecord> records;
  records.reserve(count + 1);
  std::vector<DirectoryId> children;
  children.reserve(count - 1);
  for (const std::uint32_t old : order) {
    const std::size_t first = directories[old].first_child;
    const std::size_t last = old + 1 < count ? directories[old + 1].first_child : count - 1;
    records.push_back(directories[old]);
    records.back().parent = number[records.back().parent];
    records.back().first_child = static_cast<std::uint32_t>(children.size());
    for (std::size_t i = first; i < last; ++i) {
      children.push_back(static_cast<DirectoryId>(number[static_cast<std::uint32_t>(tree_.children_[i])]));
    }
  }
  directories = std::move(records);
  tree_.children_ = std::move(children);
  for (FileRecord& file : tree_.files_) file.directory = number[file.directory];
}

void TreeAssembler::group_files() {
  auto& directories = tree_.directories_;
  DirectoryRecord end;
  end.first_child = static_cast<std::uint32_t>(tree_.children_.size());
  directories.push_back(end);
  for (DirectoryRecord& record : directories) record.first_file = 0;
  bool grouped = true;
  std::uint32_t last = 0;
  for (const FileRecord& file : tree_.files_) {
    grouped = grouped && file.directory >= last;
    last = file.directory;
    ++directories[file.directory + 1].first_file;
  }
  for (std::size_t i = 1; i < directories.size(); ++i) directories[i].first_file += directories[i - 1].first_file;
  if (!grouped || !groups_are_sorted()) sort_files();
}

bool TreeAssembler::groups_are_sorted() {
  const auto& files = tree_.files_;
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (files[i - 1].directory != files[i].directory) continue;
    const int order = compare_utf16(name_of(files[i - 1]), name_of(files[i]));
    if (order > 0) return false;
    has_duplicates_ = has_duplicates_ || order == 0;
  }
  return true;
}

// Names and records lie in the order of the document. Whatever can be learnt of them is learnt in that order, and what
// has to be known of a name to sort it then fits in eight bytes: going to the names of one directory after the other
// instead, all over memory, took a third of the time that decoding a shuffled document does.
void TreeAssembler::sort_files() {
  const auto& directories = tree_.directories_;
  const auto& files = tree_.files_;
  std::vector<FileGroup> groups(directories.size() - 1);
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i].next = directories[i].first_file;
  bool surrogates = false;
  for (const FileRecord& file : files) {
    FileGroup& group = groups[file.directory];
    const std::string_view name = name_of(file);
    if (!group.started) {
      group = {file.name_offset, static_cast<std::uint32_t>(name.size()), group.next, true};
    } else {
      const std::string_view shared(tree_.text_.data() + group.first_name, group.prefix);
      if (!name.starts_with(shared)) group.prefix = static_cast<std::uint32_t>(common_prefix(shared, name));
    }
    surrogates = surrogates || (!is_ascii(name) && detail::has_high_surrogate(name));
  }
  std::vector<std::uint64_t> items(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    items[i] = detail::order_key(name_of(files[i]).substr(groups[files[i].directory].prefix));
  }
  bring_groups_together(groups, items);

  detail::KeySorter sorter(files.size(), [&](std::size_t index) { return name_of(files[index]); });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t first = directories[i].first_file;
    const std::size_t last = directories[i + 1].first_file;
    for (std::size_t k = first; k < last; ++k) items[k] = sorter.item(items[k], k);
    if (surrogates) {
      std::stable_sort(items.data() + first, items.data() + last, [&](std::uint64_t a, std::uint64_t b) {
        return compare_utf16(name_of(files[sorter.index_of(a)]), name_of(files[sorter.index_of(b)])) < 0;
      });
    } else {
      sorter.sort(items.data() + first, items.data() + last, groups[i].prefix);
    }
    for (std::size_t k = first; k < last; ++k) items[k] = sorter.index_of(items[k]);
    permute_files(items, first, last);
  }

  const auto has_duplicates = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first + 1; i < last; ++i) {
      if (name_of(files[i - 1]) == name_of(files[i])) return true;
    }
    return false;
  };
  if (surrogates) {
    for (std::size_t i = 0; i < groups.size() && !has_duplicates_; ++i) {
      has_duplicates_ = has_duplicates(directories[i].first_file, directories[i + 1].first_file);
    }
  } else {  // of names with different keys none can be equal
    has_duplicates_ = std::any_of(sorter.tied().begin(), sorter.tied().end(), [&](const auto& tied) {
      return has_duplicates(static_cast<std::size_t>(tied.first - items.data()),
                            static_cast<std::size_t>(tied.last - items.data()));
    });
  }
}

// In place, and the keys with the records: a second array of records would double what a shuffled manifest of a million
// entries takes. Where the next record of a group goes is at hand for all of a thousand groups, while following the
// cycles of the whole permutation would wait for memory at every step (0.14 CPU s for a million records instead of
// 0.03).
void TreeAssembler::bring_groups_together(std::vector<FileGroup>& groups, std::vector<std::uint64_t>& keys) {
  constexpr std::size_t kAhead = 2;
  auto& files = tree_.files_;
  for (std::uint32_t number = 0; number < groups.size(); ++number) {
    const std::size_t end = tree_.directories_[number + 1].first_file;
    for (std::uint32_t& next = groups[number].next; next < end; ++next) {
      if (files[next].directory == number) continue;
      FileRecord record = files[next];
      std::uint64_t key = keys[next];
      while (record.directory != number) {
        const std::uint32_t to = groups[record.directory].next++;
        // What this group takes next time: by then it is in the cache.
        if (to + kAhead < files.size()) detail::touch(&files[to + kAhead]);
        std::swap(record, files[to]);
        std::swap(key, keys[to]);
      }
      files[next] = record;
      keys[next] = key;
    }
  }
}

// files[i] becomes what files[sources[i]] was. Each cycle by itself, so that no second array of records is needed.
void TreeAssembler::permute_files(std::vector<std::uint64_t>& sources, std::size_t first, std::size_t last) {
  auto& files = tree_.files_;
  for (std::size_t i = first; i < last; ++i) {
    if (sources[i] == i) continue;
    const FileRecord held = files[i];
    std::size_t at = i;
    for (std::size_t from = sources[at]; from != i; from = sources[at]) {
      files[at] = files[from];
      sources[at] = at;  // done
      at = from;
    }
    files[at] = held;
    sources[at] = at;
  }
}

bool TreeAssembler::find_duplicates(const Report& report) const {
  if (!has_duplicates_) return true;
  const auto& files = tree_.files_;
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (files[i].directory != files[i - 1].directory || name_of(files[i]) != name_of(files[i - 1])) continue;
    if (!report({DecodeRule::kDuplicate, tree_.path_of(tree_.file(i))})) return false;
  }
  return true;
}

bool TreeAssembler::has_live_file(std::uint32_t directory, std::string_view name) const {
  const auto found = tree_.find_file(static_cast<DirectoryId>(directory), name);
  return found && tree_.files_[*found].content() != FileContent::kDeleted;
}

// A directory that stands nowhere but above deletions is live, as every directory above an entry is, unless it cannot
// be: below a deleted directory, or where a live file is.
void TreeAssembler::settle_implied_directories() {
  auto& directories = tree_.directories_;
  for (const FileRecord& file : tree_.files_) {
    if (file.content() != FileContent::kDeleted) {
      directories[file.directory].length_and_flags |= DirectoryRecord::kLive;
    }
  }
  for (std::size_t i = directories.size() - 2; i >= 1; --i) {
    DirectoryRecord& record = directories[i];
    if (record.has(DirectoryRecord::kListed) && !record.has(DirectoryRecord::kDeleted)) {
      record.length_and_flags |= DirectoryRecord::kLive;
    }
    if (record.has(DirectoryRecord::kLive)) directories[record.parent].length_and_flags |= DirectoryRecord::kLive;
  }
  for (std::size_t i = 1; i + 1 < directories.size(); ++i) {
    DirectoryRecord& record = directories[i];
    if (record.has(DirectoryRecord::kListed | DirectoryRecord::kLive | DirectoryRecord::kAnchor)) continue;
    if (directories[record.parent].has(DirectoryRecord::kDeleted) || has_live_file(record.parent, name_of(record))) {
      record.length_and_flags |= DirectoryRecord::kDeleted;
    }
  }
}

bool TreeAssembler::find_conflicts(const Report& report) const {
  const auto& directories = tree_.directories_;
  for (std::size_t i = 1; i + 1 < directories.size(); ++i) {
    const DirectoryRecord& record = directories[i];
    if (record.has(DirectoryRecord::kAnchor)) continue;
    // A deleted directory with something live in it is one that is made anew.
    if (record.has(DirectoryRecord::kDeleted) && !record.has(DirectoryRecord::kLive)) continue;
    if (has_live_file(record.parent, name_of(record))) {
      if (!report({DecodeRule::kFileIsDirectory, path_of(static_cast<std::uint32_t>(i)), true})) return false;
    }
  }
  return true;
}

// "$9/z" would be read as a reference. Only targets can be like that: every other path with a slash is written as a
// reference.
bool TreeAssembler::check_links(const Report& report) const {
  if (style() == PathStyle::kAbsolute) return true;
  for (std::size_t i = 0; i < tree_.files_.size(); ++i) {
    if (tree_.files_[i].content() != FileContent::kLink) continue;
    const FileEntry entry = tree_.file(i);
    const std::string_view target = entry.data.link_target;
    const std::size_t slash = target.rfind('/');
    if (!target.starts_with('$') || slash == std::string_view::npos) continue;
    if (tree_.find_directory(target.substr(0, slash))) continue;
    if (!report({DecodeRule::kLinkTarget, tree_.path_of(entry)})) return false;
  }
  return true;
}

bool TreeAssembler::add_up(const Report& report) {
  tree_.total_size_ = 0;
  for (const FileRecord& file : tree_.files_) {
    if (file.size > std::numeric_limits<std::uint64_t>::max() - tree_.total_size_) {
      return report({DecodeRule::kIntegerRange, {}});
    }
    tree_.total_size_ += file.size;  // links and deletions have none
  }
  return true;
}

void TreeAssembler::finish(const Report& report) {
  table_ = {};
  constexpr std::size_t kMaxCount = std::numeric_limits<std::uint32_t>::max() - 1;
  if (tree_.files_.size() > kMaxCount || tree_.directories_.size() > kMaxCount) {
    report({DecodeRule::kLimit, {}});
    return;
  }
  order_directories();
  group_files();
  if (kind() == ManifestKind::kDiff) settle_implied_directories();
  if (!find_duplicates(report) || !find_conflicts(report) || !check_links(report)) return;
  add_up(report);
}

}  // namespace attache
