#include <attache/base/guarded.hpp>
#include <attache/manifest/operations.hpp>

#include "operation_support.hpp"

#include <string>
#include <vector>

namespace attache {

namespace {

using detail::kNotMade;

// Copies what a selector accepts. Directories are made when something is found to keep in them, or when they are empty
// and accepted themselves. Without recursion.
//
//   struct Selector {
//     struct State;                                       // what it knows in a directory
//     State enter(const State&, const DirEntry&);   // and in one below it
//     bool enters(const State&);                          // false: nothing below can be accepted
//     bool accepts(const State&, const FileEntry&);
//     bool accepts(const State&, const DirEntry&);  // an empty directory in that directory
//   };
template <typename Selector>
class Filter {
 public:
  Filter(const TreeManifest& manifest, Selector& selector)
      : manifest_(manifest), selector_(selector), out_(manifest.style(), manifest.kind()) {}

  TreeAssembler run(typename Selector::State start) {
    frames_.push_back({DirectoryId::kRoot, TreeAssembler::kRoot, 0, std::move(start)});
    filter_files();
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const auto children = manifest_.directories_in(frame.directory);
      if (frame.next == children.size()) {
        selector_.leave(frame.state);
        frames_.pop_back();
        continue;
      }
      descend(children[frame.next++]);
    }
    return std::move(out_);
  }

 private:
  struct Frame {
    DirectoryId directory;
    std::uint32_t made;
    std::size_t next;
    typename Selector::State state;
  };

  void descend(DirectoryId child) {
    const DirEntry entry = manifest_.directory(child);
    const bool empty = manifest_.files_in(child).size() == 0 && manifest_.directories_in(child).empty();
    if (empty) {
      if (!entry.is_anchor && selector_.accepts(frames_.back().state, entry)) {
        out_.add_directory(make(frames_.size() - 1), entry.name, detail::flags_of(entry));
      }
      return;
    }
    typename Selector::State state = selector_.enter(frames_.back().state, entry);
    if (!selector_.enters(state)) {
      selector_.leave(state);
      return;
    }
    frames_.push_back({child, kNotMade, 0, std::move(state)});
    filter_files();
  }

  void filter_files() {
    const std::size_t index = frames_.size() - 1;
    const TreeManifest::FileRange files = manifest_.files_in(frames_[index].directory);
    for (std::size_t i = files.first; i < files.last; ++i) {
      if (selector_.accepts(frames_[index].state, manifest_.file(i))) out_.copy_file(manifest_, i, make(index));
    }
  }

  std::uint32_t make(std::size_t index) {
    std::size_t first = index;
    while (frames_[first].made == kNotMade) --first;
    for (std::size_t i = first + 1; i <= index; ++i) {
      const DirEntry entry = manifest_.directory(frames_[i].directory);
      frames_[i].made = out_.add_directory(frames_[i - 1].made, entry.name, detail::flags_of(entry));
    }
    return frames_[index].made;
  }

  const TreeManifest& manifest_;
  Selector& selector_;
  TreeAssembler out_;
  std::vector<Frame> frames_;
};

class PredicateSelector {
 public:
  using State = std::size_t;  // how long the path was before this directory

  PredicateSelector(const EntryPredicate& accepts) : accepts_(accepts) {}

  State enter(const State&, const DirEntry& directory) {
    const State before = path_.size();
    path_.append(directory.name);
    if (!directory.is_anchor) path_.push_back('/');
    return before;
  }
  void leave(const State& before) { path_.resize(before); }
  bool enters(const State&) const { return true; }
  bool accepts(const State&, const FileEntry& file) { return ask(file.name, &file); }
  bool accepts(const State&, const DirEntry& directory) { return ask(directory.name, nullptr); }

 private:
  bool ask(std::string_view name, const FileEntry* file) {
    const std::size_t before = path_.size();
    path_.append(name);
    const bool accepted = accepts_(path_, file);
    path_.resize(before);
    return accepted;
  }

  const EntryPredicate& accepts_;
  std::string path_;  // of the directory at hand, with a final slash
};

class GlobSelector {
 public:
  using State = GlobState;

  explicit GlobSelector(const GlobSet& patterns) : patterns_(patterns) {}

  State enter(const State& state, const DirEntry& directory) const {
    if (!directory.is_anchor) return patterns_.enter(state, directory.name);
    // "/", "C:/" and "/server/share/" as match_path() takes them: what stands before a slash is a component, and may be
    // nothing.
    State inner = state;
    std::string_view rest = directory.name;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
      inner = patterns_.enter(inner, rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
    }
    return inner;
  }
  void leave(const State&) const {}
  bool enters(const State& state) const { return state.reach() == GlobReach::kSelected; }
  bool accepts(const State& state, const FileEntry& file) const { return matches(state, file.name); }
  bool accepts(const State& state, const DirEntry& directory) const { return matches(state, directory.name); }

 private:
  bool matches(const State& state, std::string_view name) const {
    return patterns_.match_file(state, name) == GlobMatch::kSelected;
  }

  const GlobSet& patterns_;
};

template <typename M, typename Selector>
Result<M> filtered(const M& manifest, Selector& selector, typename Selector::State start) {
  TreeAssembler made = Filter<Selector>(manifest, selector).run(std::move(start));
  if (manifest.parent_hash()) made.set_parent_hash(*manifest.parent_hash());
  return detail::finish_operation<M>(std::move(made));
}

}  // namespace

template <typename M>
Result<M> filter(const M& manifest, const EntryPredicate& accepts) {
  return detail::guarded([&] {
    PredicateSelector selector(accepts);
    return filtered(manifest, selector, std::size_t{0});
  });
}

template <typename M>
Result<M> filter(const M& manifest, const GlobSet& patterns) {
  return detail::guarded([&] {
    GlobSelector selector(patterns);
    return filtered(manifest, selector, patterns.start());
  });
}

#define ATTACHE_FILTER(M)                                     \
  template Result<M> filter(const M&, const EntryPredicate&); \
  template Result<M> filter(const M&, const GlobSet&);
ATTACHE_FILTER(Snapshot)
ATTACHE_FILTER(AbsSnapshot)
ATTACHE_FILTER(SnapshotDiff)
ATTACHE_FILTER(AbsSnapshotDiff)
#undef ATTACHE_FILTER

}  // namespace attache
