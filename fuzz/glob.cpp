#include <attache/base/glob.hpp>
#include <attache/base/include_filters.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/testing/plain_glob.hpp>
#include <attache/base/text.hpp>

#include "targets.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

// Input: lines. The first holds options (`d`: the dialect of the design, `h`: match hidden names, `f`: fold case, `i`:
// include filters instead of a glob set); then `+` and an include pattern, `-` and an exclude pattern (of include
// filters: one of a second group), or `=` and a path to match.

namespace attache::fuzz {

namespace {

constexpr std::size_t kMaxLines = 24;  // more say nothing new and take time
constexpr std::size_t kMaxLine = 200;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

using Lines = std::vector<std::string>;

struct Patterns {
  bool hidden = false;
  bool fold = false;
  Lines include{};
  Lines exclude{};
  Lines paths{};

  Lines folded(Lines texts) const {
    if (fold) std::transform(texts.begin(), texts.end(), texts.begin(), [](const auto& t) { return lower_case(t); });
    return texts;
  }
};

bool has_range(std::string_view pattern) {
  return pattern.find('[') != std::string::npos && pattern.find('-') != std::string::npos;
}

// The references read only what is written plainly, and take their time.
bool is_plain_python(const Lines& patterns) {
  return std::all_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    const Lines components = split(pattern, '/');
    return std::none_of(components.begin(), components.end(), [](const std::string& component) {
      return component.empty() || component == "." || component == ".." || has_range(component);
    });
  });
}

bool is_plain_design(const Lines& patterns) {
  std::size_t budget = 64;
  return std::all_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    const Lines alternatives = testing::plain_alternatives(pattern);
    if (alternatives.size() > budget) return false;
    budget -= alternatives.size();
    return std::all_of(alternatives.begin(), alternatives.end(), testing::is_plain_path);
  });
}

void check_error(const Error& error) {
  require(error.code() == ErrorCode::kInvalidArgument, "a pattern is refused as an argument");
  require(printable(error.message()) == error.message(), "a message is printable");
  require(!error.remedy().empty(), "an error says what to do");
}

// What is not to be entered holds nothing.
void check_reach(const GlobSet& set, std::string_view path, GlobMatch match) {
  GlobState state = set.start();
  for (std::size_t slash = 0; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1)) {
    if (state.reach() == GlobReach::kNone) {
      require(match != GlobMatch::kSelected && match != GlobMatch::kHidden, "nothing is below what is not entered");
    }
    if (state.reach() == GlobReach::kHidden) require(match != GlobMatch::kSelected, "only hidden files are below");
    state = set.enter(state, path.substr(0, slash));
  }
}

// An escaped path matches itself and none of the others.
void check_escape(const Patterns& input, GlobDialect dialect, const std::string& path) {
  const Lines pattern{glob_escape(path, dialect)};
  const Result<GlobSet> set = GlobSet::compile(pattern, {}, {.dialect = dialect, .case_insensitive = input.fold});
  require(set.has_value(), "an escaped text is a pattern");
  for (const std::string& other : input.paths) {
    const bool same = input.folded({path}) == input.folded({other});
    require((set->match_path(other) == GlobMatch::kSelected) == same, "an escaped text matches exactly itself");
  }
}

void check_glob(const Patterns& input, GlobDialect dialect) {
  const auto compile = [&](bool match_hidden) {
    return GlobSet::compile(
        input.include, input.exclude,
        {.dialect = dialect, .match_hidden = match_hidden, .case_insensitive = input.fold, .root = "/a/[b]"});
  };
  const Result<GlobSet> set = compile(input.hidden);
  if (!set) return check_error(set.error());
  const Result<GlobSet> relaxed = compile(true);
  require(relaxed.has_value(), "hidden names do not decide whether a pattern is accepted");

  const bool design = dialect == GlobDialect::kDesign;
  const auto is_plain = design ? is_plain_design : is_plain_python;
  const bool comparable = is_plain(input.include) && is_plain(input.exclude);
  const Lines include = input.folded(input.include);
  const Lines exclude = input.folded(input.exclude);
  for (const std::string& path : input.paths) {
    const GlobMatch match = set->match_path(path);
    check_reach(*set, path, match);
    if (input.hidden || design) {
      require(match != GlobMatch::kHidden, "nothing is hidden when hidden names match");
    } else if (match == GlobMatch::kHidden) {
      require(relaxed->match_path(path) == GlobMatch::kSelected, "what is hidden is selected when hidden names match");
    } else if (match == GlobMatch::kNone) {
      require(relaxed->match_path(path) != GlobMatch::kSelected, "what only its dot keeps out is hidden");
    }
    const Lines components = split(path, '/');
    if (!is_wtf8(path) || std::find(components.begin(), components.end(), "") != components.end()) continue;
    const bool proper = std::none_of(components.begin(), components.end(),
                                     [](const std::string& name) { return name == "." || name == ".."; });
    if (proper) check_escape(input, dialect, path);
    if (!comparable) continue;
    const std::string name = input.folded({path})[0];
    const auto any = [&](const Lines& patterns) {
      return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return design ? testing::plain_design_glob(pattern, name)
                      : testing::plain_python_glob(pattern, name, input.hidden);
      });
    };
    const bool expected = ((design && include.empty()) || any(include)) && !any(exclude);
    require((match == GlobMatch::kSelected) == expected, "the reference selects the same");
  }
}

// Said once more, without a look at how the library says it.
std::string plain_filter(std::string filter) {
  for (char& c : filter) c = c == '\\' ? '/' : c;
  if (filter.starts_with("./")) filter = filter.substr(2);
  for (std::size_t at = 0; (at = filter.find("//")) != std::string::npos;) filter.erase(at, 1);
  if (filter.empty()) return {};
  std::size_t second = 0;
  next_code_point(filter, second);
  const bool absolute = filter[0] == '/' || filter[0] == '*' || (second < filter.size() && filter[second] == ':');
  return (absolute ? "" : "*/") + filter + (filter.back() == '/' ? "*" : "");
}

void check_include_filters(const Patterns& input) {
  std::vector<Lines> groups{input.include};
  if (!input.exclude.empty()) groups.push_back(input.exclude);
  const Result<IncludeFilters> filters = IncludeFilters::compile(groups, {.case_insensitive = input.fold});
  if (!filters) return check_error(filters.error());
  for (const Lines& group : groups) {
    for (const std::string& filter : normalize_include_filters(group)) {
      require(!filter.empty() && filter.find('\\') == std::string::npos && filter.find("//") == std::string::npos,
              "a normalised filter has single slashes");
      if (has_range(filter)) return;
    }
  }
  for (const std::string& path : input.paths) {
    if (!is_wtf8(path)) continue;
    const std::string name = input.folded({"C:/[r]/" + path})[0];
    const bool expected = std::all_of(groups.begin(), groups.end(), [&](const Lines& group) {
      return std::any_of(group.begin(), group.end(), [&](const std::string& filter) {
        const std::string pattern = input.folded({plain_filter(filter)})[0];
        return !pattern.empty() && testing::plain_fnmatch(pattern, name);
      });
    });
    require(filters->matches("C:\\[r]", path) == expected, "the reference includes the same");
  }
}

}  // namespace

void glob(std::string_view input) {
  const Lines lines = split(input, '\n');
  if (lines.size() > kMaxLines) return;
  const auto option = [&](char letter) { return lines[0].find(letter) != std::string::npos; };
  Patterns patterns{.hidden = option('h'), .fold = option('f')};
  for (const std::string& line : lines) {
    if (line.size() > kMaxLine) return;
    if (line.starts_with('+')) patterns.include.push_back(line.substr(1));
    if (line.starts_with('-')) patterns.exclude.push_back(line.substr(1));
    if (line.starts_with('=')) patterns.paths.push_back(line.substr(1));
  }
  if (option('i')) return check_include_filters(patterns);
  check_glob(patterns, option('d') ? GlobDialect::kDesign : GlobDialect::kPython);
}

}  // namespace attache::fuzz
