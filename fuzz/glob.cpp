#include <attache/base/glob.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>

#include "targets.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

// Input: lines. The first holds options (`h`: match hidden names, `f`: fold case); then `+` and an include pattern, `-`
// and an exclude pattern, or `=` and a relative path to match.

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

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

// The reference: one component by a table of what matches what, for classes without ranges.
bool plain_component(const std::u32string& pattern, const std::u32string& name) {
  std::vector<std::vector<bool>> table(pattern.size() + 1, std::vector<bool>(name.size() + 1));
  table[pattern.size()][name.size()] = true;
  for (std::size_t p = pattern.size(); p-- > 0;) {
    std::size_t close = std::u32string::npos;
    const bool negated = p + 1 < pattern.size() && pattern[p + 1] == U'!';
    const std::size_t set = p + (negated ? 2 : 1);
    if (pattern[p] == U'[') close = pattern.find(U']', set + 1);
    for (std::size_t n = name.size() + 1; n-- > 0;) {
      const bool more = n < name.size();
      if (pattern[p] == U'*') {
        table[p][n] = table[p + 1][n] || (more && table[p][n + 1]);
      } else if (!more) {
        continue;
      } else if (close != std::u32string::npos) {
        const bool found = pattern.substr(set, close - set).find(name[n]) != std::u32string::npos;
        table[p][n] = found != negated && table[close + 1][n + 1];
      } else {
        table[p][n] = (pattern[p] == U'?' || pattern[p] == name[n]) && table[p + 1][n + 1];
      }
    }
  }
  return table[0][0];
}

using Components = std::vector<std::string>;

// A path by trying every way to share it out among the components of a pattern.
bool plain_path(const Components& pattern, const Components& path, bool match_hidden) {
  std::vector<std::vector<bool>> table(pattern.size() + 1, std::vector<bool>(path.size() + 1));
  table[pattern.size()][path.size()] = true;
  for (std::size_t p = pattern.size(); p-- > 0;) {
    const bool last = p + 1 == pattern.size();
    for (std::size_t n = path.size(); n-- > 0;) {
      const bool hidden = path[n].starts_with('.') && !match_hidden;
      if (pattern[p] == "**") {
        // None, or this name and more; at least a name if nothing follows.
        table[p][n] = (!last && table[p + 1][n]) || (!hidden && (table[p][n + 1] || (last && n + 1 == path.size())));
      } else {
        table[p][n] = (!hidden || pattern[p].starts_with('.')) && table[p + 1][n + 1] &&
                      plain_component(code_points(pattern[p]), code_points(path[n]));
      }
    }
  }
  return table[0][0];
}

// The reference reads only what is written plainly.
bool is_plain(const std::vector<std::string>& patterns) {
  return std::all_of(patterns.begin(), patterns.end(), [](const std::string& pattern) {
    const Components components = split(pattern, '/');
    return std::none_of(components.begin(), components.end(), [](const std::string& component) {
      const bool has_range = component.find('[') != std::string::npos && component.find('-') != std::string::npos;
      return component.empty() || component == "." || component == ".." || has_range;
    });
  });
}

GlobMatch reference(const std::vector<std::string>& include, const std::vector<std::string>& exclude,
                    std::string_view path, bool match_hidden) {
  const auto any = [&](const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return plain_path(split(pattern, '/'), split(path, '/'), match_hidden);
    });
  };
  if (!any(include)) return GlobMatch::kNone;
  return any(exclude) ? GlobMatch::kExcluded : GlobMatch::kSelected;
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

}  // namespace

void glob(std::string_view input) {
  std::vector<std::string> lines = split(input, '\n');
  if (lines.size() > kMaxLines) return;
  const bool fold = lines[0].find('f') != std::string::npos;
  const bool hidden = lines[0].find('h') != std::string::npos;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::string> paths;
  for (const std::string& line : lines) {
    if (line.size() > kMaxLine) return;
    if (line.starts_with('+')) include.push_back(line.substr(1));
    if (line.starts_with('-')) exclude.push_back(line.substr(1));
    if (line.starts_with('=')) paths.push_back(line.substr(1));
  }
  const auto compile = [&](bool match_hidden) {
    return GlobSet::compile(include, exclude,
                            {.match_hidden = match_hidden, .case_insensitive = fold, .root = "/a/[b]"});
  };
  const Result<GlobSet> set = compile(hidden);
  if (!set) {
    require(set.error().code() == ErrorCode::kInvalidArgument, "a pattern is refused as an argument");
    require(printable(set.error().message()) == set.error().message(), "a message is printable");
    require(!set.error().remedy().empty(), "an error says what to do");
    return;
  }
  const Result<GlobSet> relaxed = compile(true);
  require(relaxed.has_value(), "hidden names do not decide whether a pattern is accepted");

  const auto folded = [&](std::vector<std::string> texts) {
    if (fold) std::transform(texts.begin(), texts.end(), texts.begin(), [](const auto& t) { return lower_case(t); });
    return texts;
  };
  const bool plain = is_plain(include) && is_plain(exclude);
  for (const std::string& path : paths) {
    const GlobMatch match = set->match_path(path);
    check_reach(*set, path, match);
    if (hidden) {
      require(match != GlobMatch::kHidden, "nothing is hidden when hidden names match");
    } else if (match == GlobMatch::kHidden) {
      require(relaxed->match_path(path) == GlobMatch::kSelected, "what is hidden is selected when hidden names match");
    } else if (match == GlobMatch::kNone) {
      require(relaxed->match_path(path) != GlobMatch::kSelected, "what only its dot keeps out is hidden");
    }
    if (!plain || !is_wtf8(path) || path.empty() || ("/" + path + "/").find("//") != std::string::npos) continue;
    const GlobMatch expected = reference(folded(include), folded(exclude), folded({path})[0], hidden);
    require((match == GlobMatch::kSelected) == (expected == GlobMatch::kSelected), "the reference selects the same");
  }
}

}  // namespace attache::fuzz
