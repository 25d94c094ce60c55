#include <attache/base/glob.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::vectors {

namespace {

// A tree in memory with symbolic links, and a walk of it by a GlobSet as a scan does it.
class Tree {
 public:
  void directory(const std::string& path) {
    if (!path.empty() && nodes_.emplace(path, std::nullopt).second) directory(parent(path));
  }
  // A link if there is a target, else a file; the directories above it come by themselves.
  void leaf(const std::string& path, std::optional<std::string> target = std::nullopt) {
    directory(parent(path));
    nodes_[path] = Leaf{std::move(target)};
  }

  std::vector<std::string> select(const GlobSet& set, const std::string& root) {
    selected_.clear();
    looped_ = false;
    walk(set, set.start(), root, "", {root});
    std::sort(selected_.begin(), selected_.end());
    return selected_;
  }
  // Whether the last walk met a link into a directory that holds it.
  bool looped() const { return looped_; }

 private:
  struct Leaf {
    std::optional<std::string> target;
  };

  static std::string parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }

  static std::string below(std::string directory, std::string_view name) {
    if (!directory.empty()) directory.push_back('/');
    return directory.append(name);
  }

  // The file or directory that a path leads to, through links; nothing if it leads nowhere.
  std::optional<std::string> resolve(const std::string& path, int links = 0) const {
    std::string at;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      begin = end + 1;
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        at = parent(at);
        continue;
      }
      const std::string next = below(at, name);
      const auto found = nodes_.find(next);
      if (found == nodes_.end() || links > 40) return std::nullopt;
      if (found->second && found->second->target) {
        const std::optional<std::string> target = resolve(below(at, *found->second->target), links + 1);
        if (!target) return std::nullopt;
        at = *target;
      } else {
        at = next;
      }
    }
    return at;
  }

  void walk(const GlobSet& set, const GlobState& state, const std::string& directory, const std::string& shown,
            std::vector<std::string> ancestors) {
    const std::string prefix = directory + "/";
    for (auto it = nodes_.lower_bound(prefix); it != nodes_.end() && it->first.starts_with(prefix); ++it) {
      const std::string name = it->first.substr(prefix.size());
      if (name.find('/') != std::string::npos) continue;
      const std::optional<std::string> real = resolve(it->first);
      if (!real) continue;
      const std::string path = below(shown, name);
      const auto target = nodes_.find(*real);
      if (target == nodes_.end()) continue;  // the place that holds everything, through `..` of a link
      if (target->second) {
        if (set.match_file(state, name) == GlobMatch::kSelected) selected_.push_back(path);
        continue;
      }
      const GlobState inside = set.enter(state, name);
      if (inside.reach() != GlobReach::kSelected) continue;
      if (std::find(ancestors.begin(), ancestors.end(), *real) != ancestors.end()) {
        looped_ = true;
        continue;
      }
      ancestors.push_back(*real);
      walk(set, inside, *real, path, ancestors);
      ancestors.pop_back();
    }
  }

  std::map<std::string, std::optional<Leaf>> nodes_;  // nothing: a directory
  std::vector<std::string> selected_;
  bool looped_ = false;
};

// Most cases have the tree in a directory `root` beside outside.txt; the others name their root in the note.
std::string root_of(const VectorCase& vector) {
  constexpr std::string_view kMark = "root = '";
  const std::size_t mark = vector.note.find(kMark);
  if (mark == std::string::npos) return "root";
  const std::size_t begin = mark + kMark.size();
  return vector.note.substr(begin, vector.note.find('\'', begin) - begin);
}

Tree make_tree(const VectorCase& vector) {
  Tree tree;
  const bool has_own_root = root_of(vector) != "root";
  tree.directory("parent/root");
  tree.leaf("parent/outside.txt");
  for (const std::string& entry : texts_of(vector.input.at("tree"))) {
    const std::string path = (has_own_root ? "parent/" : "parent/root/") + entry;
    constexpr std::string_view kArrow = " -> ";
    if (const std::size_t arrow = path.find(kArrow); arrow != std::string::npos) {
      tree.leaf(path.substr(0, arrow), path.substr(arrow + kArrow.size()));
    } else if (path.ends_with('/')) {
      tree.directory(path.substr(0, path.size() - 1));
    } else {
      tree.leaf(path);
    }
  }
  return tree;
}

std::vector<std::string> patterns_of(const Json& value, std::vector<std::string> otherwise) {
  return value.is_null() ? std::move(otherwise) : texts_of(value);
}

bool any_goes_up(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    return ("/" + pattern + "/").find("/../") != std::string::npos;
  });
}

bool any_is_absolute(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [](const std::string& pattern) { return pattern[0] == '/'; });
}

Outcome check_glob(const VectorCase& vector) {
  const std::vector<std::string> include = patterns_of(vector.input.at("include"), {"**/*"});
  const std::vector<std::string> exclude = patterns_of(vector.input.at("exclude"), {});
  const bool goes_up = any_goes_up(include) || any_goes_up(exclude);
  const std::string root = root_of(vector);
  const Result<GlobSet> set = GlobSet::compile(include, exclude, {.root = "/parent/" + root});
  if (!set) {
    if (goes_up || any_is_absolute(include) || any_is_absolute(exclude)) return deviation(Deviation::kGlobOutsideRoot);
    return failure(vector.expected.dump(), set.error().to_string());
  }
  Tree tree = make_tree(vector);
  const std::vector<std::string> selected = tree.select(*set, "parent/" + root);
  std::vector<std::string> expected = texts_of(vector.expected.at("ok"));
  std::sort(expected.begin(), expected.end());
  if (selected == expected) return pass();
  if (glob_has_magic(root)) return deviation(Deviation::kRootMetacharacters);
  if (goes_up) return deviation(Deviation::kGlobUp);
  if (tree.looped()) return deviation(Deviation::kLinkLoop);
  return compare(Json(expected), Json(selected));
}

constexpr Kind kKinds[] = {{"glob", check_glob}};

}  // namespace

std::span<const Kind> glob_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
