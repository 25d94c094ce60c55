#include <attache/base/glob.hpp>
#include <attache/base/include_filters.hpp>
#include <attache/base/testing/plain_glob.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
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

}  // namespace

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

namespace {

Outcome check_include_filters(const VectorCase& vector) {
  const std::vector<std::string> filters = texts_of(vector.input.at("filters"));
  const std::vector<std::string> normalized = normalize_include_filters(filters);
  if (const std::vector<std::string> expected = texts_of(vector.expected.at("normalized")); expected != normalized) {
    return compare(Json(expected), Json(normalized));
  }
  const Result<IncludeFilters> compiled = IncludeFilters::compile(std::span(&filters, 1));
  if (!compiled) return failure(vector.expected.dump(), compiled.error().to_string());
  Json match = Json::array();
  for (const Json& path : vector.input.at("paths")) {
    match.push_back(compiled->matches(text_of(path.at(0)), text_of(path.at(1))));
  }
  return compare(vector.expected.at("match"), match);
}

Result<GlobSet> compile_design(const std::vector<std::string>& include, const std::vector<std::string>& exclude) {
  return GlobSet::compile(include, exclude, {.dialect = GlobDialect::kDesign});
}

Outcome check_design_filter(const VectorCase& vector) {
  const std::vector<std::string> include = texts_of(vector.input.at("include"));
  const std::vector<std::string> exclude = texts_of(vector.input.at("exclude"));
  const std::vector<std::string> paths = texts_of(vector.input.at("paths"));
  const Result<GlobSet> set = compile_design(include, exclude);
  if (!set) {
    if (expects_error(vector.expected)) return pass();
    if (any_goes_up(include) || any_goes_up(exclude)) return deviation(Deviation::kGlobOutsideRoot);
    return failure(vector.expected.dump(), set.error().to_string());
  }
  if (expects_error(vector.expected)) return failure(vector.expected.dump(), "the patterns compile");
  const auto select = [&](auto&& selects) {
    std::vector<std::string> selected;
    std::copy_if(paths.begin(), paths.end(), std::back_inserter(selected), selects);
    return selected;
  };
  const std::vector<std::string> expected = texts_of(vector.expected);
  const std::vector<std::string> selected =
      select([&](const std::string& path) { return set->match_path(path) == GlobMatch::kSelected; });
  if (selected == expected) return pass();

  // The recorded program does not do what its design says, in two ways. That these are the reason, and not a mistake of
  // ours, is shown by a reference that does the same: with as few of them as give the recorded answer.
  struct Difference {
    testing::PlainOptions options;
    std::vector<Deviation> reasons;
  };
  const Difference differences[] = {
      {{.crosses_slash = true}, {Deviation::kGlobCrossesSlash}},
      {{.bytes = true}, {Deviation::kGlobBytes}},
      {{.crosses_slash = true, .bytes = true}, {Deviation::kGlobCrossesSlash, Deviation::kGlobBytes}}};
  for (const auto& [options, reasons] : differences) {
    const auto any = [&options = options](const std::vector<std::string>& patterns, const std::string& path) {
      return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return testing::plain_design_glob(pattern, path, options);
      });
    };
    if (expected == select([&](const std::string& path) {
          return (include.empty() || any(include, path)) && !any(exclude, path);
        })) {
      return deviation(reasons);
    }
  }
  return compare(Json(expected), Json(selected));
}

Outcome check_design_valid(const VectorCase& vector) {
  const std::vector<std::string> patterns{text_of(vector.input.at("pattern"))};
  const bool valid = compile_design(patterns, {}).has_value();
  if (!valid && any_goes_up(patterns)) return deviation(Deviation::kGlobOutsideRoot);
  return compare(vector.expected, Json(valid));
}

Outcome check_design_escape(const VectorCase& vector) {
  const std::string text = text_of(vector.input.at("text"));
  const std::string expected = text_of(vector.expected);
  const std::string escaped = glob_escape(text, GlobDialect::kDesign);
  if (escaped == expected) return pass();
  std::string but_for_backslashes = escaped;
  for (std::size_t at = 0; (at = but_for_backslashes.find("\\\\", at)) != std::string::npos; ++at) {
    but_for_backslashes.erase(at, 1);
  }
  if (but_for_backslashes == expected) return deviation(Deviation::kGlobEscapedBackslash);
  return compare(expected, escaped);
}

Outcome check_design_glob(const VectorCase& vector) {
  if (vector.op == "glob_filter") return check_design_filter(vector);
  if (vector.op == "glob_valid") return check_design_valid(vector);
  if (vector.op == "escape_glob") return check_design_escape(vector);
  throw MalformedCase("unknown operation " + vector.op);
}

constexpr Kind kKinds[] = {{"include_filters", check_include_filters}, {"v2025-12/glob", check_design_glob}};

}  // namespace

std::span<const Kind> glob_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
