#include <attache/base/glob.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace attache {

namespace {

std::vector<std::string_view> split_slashes(std::string_view text) {
  std::vector<std::string_view> components;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view component = text.substr(begin, end - begin);
    if (!component.empty() && component != ".") components.push_back(component);
    begin = end + 1;
  }
  return components;
}

bool is_hidden(std::string_view name) {
  return name.starts_with('.');
}

tl::unexpected<Error> refuse(std::string_view pattern, const char* why, const char* remedy) {
  return fail(ErrorCode::kInvalidArgument, "pattern '" + printable(pattern) + "' " + why, remedy);
}

constexpr const char* kRelative =
    "write patterns relative to the root, or choose a root that holds everything they name";

// Whether an absolute pattern begins with the root, whose components may be written as text or escaped.
bool starts_with(std::span<const std::string_view> pattern, std::span<const std::string_view> root, bool fold) {
  const auto same = [fold](std::string_view a, std::string_view b) {
    return fold ? lower_case(a) == lower_case(b) : a == b;
  };
  return pattern.size() >= root.size() &&
         std::equal(root.begin(), root.end(), pattern.begin(), [&](std::string_view name, std::string_view component) {
           return same(component, name) || same(component, glob_escape(name));
         });
}

// The set between brackets is read as Python's fnmatch reads it, down to its corner cases, because patterns move
// between the two programs. It goes through two stages there: the text is cut at the hyphens that may form ranges,
// ranges that run backwards are taken out, and what is left is read from its start as a regular expression's class. The
// second stage sees characters that the first has moved together: `[b-a!x]` is "not x". Members are therefore collected
// as a sequence in which a range is marked, and interpreted at the end.
struct Member {
  char32_t value;
  bool starts_range;  // a hyphen that means "to" follows
};

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

std::vector<Member> read_members(std::u32string_view set) {
  // Hyphens that may form ranges: not the first character (after `!`), and two characters on from the previous range.
  std::vector<std::u32string> chunks;
  std::size_t begin = 0;
  std::size_t hyphen = set.find(U'-', set.front() == U'!' ? 2 : 1);
  while (hyphen != std::u32string_view::npos) {
    chunks.emplace_back(set.substr(begin, hyphen - begin));
    begin = hyphen + 1;
    hyphen = set.find(U'-', hyphen + 3);
  }
  if (begin < set.size()) {
    chunks.emplace_back(set.substr(begin));
  } else {
    chunks.back().push_back(U'-');  // a final hyphen is a member
  }
  for (std::size_t i = chunks.size() - 1; i > 0; --i) {
    if (chunks[i - 1].back() <= chunks[i].front()) continue;
    chunks[i - 1].pop_back();
    chunks[i - 1] += chunks[i].substr(1);
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::vector<Member> members;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    for (const char32_t c : chunks[i]) members.push_back({c, false});
    if (i + 1 < chunks.size()) members.back().starts_range = true;
  }
  return members;
}

}  // namespace

GlobReach GlobState::reach() const {
  if (strict_reach_) return GlobReach::kSelected;
  return relaxed_reach_ ? GlobReach::kHidden : GlobReach::kNone;
}

Result<GlobSet> GlobSet::compile(std::span<const std::string> include, std::span<const std::string> exclude,
                                 GlobOptions options) {
  GlobSet set;
  set.options_ = std::move(options);
  for (const std::string& pattern : include) ATTACHE_TRY(set.add(pattern));
  set.exclude_begin_ = static_cast<std::uint32_t>(set.positions_.size());
  set.include_names_hidden_ = std::any_of(set.positions_.begin(), set.positions_.end(),
                                          [](const Position& position) { return position.names_hidden; });
  for (const std::string& pattern : exclude) ATTACHE_TRY(set.add(pattern));
  return set;
}

Status GlobSet::add(std::string_view pattern) {
  if (!is_wtf8(pattern)) return refuse(pattern, "is not valid text", "write it in UTF-8");
  const std::string_view final_component = pattern.substr(pattern.rfind('/') + 1);  // npos + 1 is 0
  if (final_component.empty() || final_component == "." || final_component == "..") return {};

  std::vector<std::string_view> components = split_slashes(pattern);
  if (pattern.starts_with('/')) {
    const std::vector<std::string_view> root = split_slashes(options_.root);
    if (!options_.root.starts_with('/') || !starts_with(components, root, options_.case_insensitive)) {
      return refuse(pattern, "is absolute and not below the root", kRelative);
    }
    components.erase(components.begin(), components.begin() + static_cast<std::ptrdiff_t>(root.size()));
  }
  std::vector<std::string_view> path;
  for (const std::string_view component : components) {
    if (component != "..") {
      if (component != "**" || path.empty() || path.back() != "**") path.push_back(component);
    } else if (path.empty()) {
      return refuse(pattern, "leaves the root", kRelative);
    } else if (glob_has_magic(path.back())) {
      return refuse(pattern, "goes up from a wildcard", "write the pattern without '..'");
    } else {
      path.pop_back();
    }
  }
  if (path.empty()) return {};  // the root itself, named absolutely

  if (path.size() > std::numeric_limits<std::uint32_t>::max() - positions_.size()) {
    return refuse(pattern, "is too long", "shorten it");
  }
  const auto first = static_cast<std::uint32_t>(positions_.size());
  for (const std::string_view component : path) {
    Position position;
    position.recursive = component == "**";
    position.names_hidden = is_hidden(component);
    if (!position.recursive) {
      position.tokens = tokenize(options_.case_insensitive ? lower_case(component) : std::string(component));
    }
    positions_.push_back(std::move(position));
  }
  positions_.back().last = true;
  activate(first, starts_);
  return {};
}

std::vector<GlobSet::Token> GlobSet::tokenize(std::string_view component) {
  std::vector<Token> tokens;
  const auto text = [&](std::string_view literal) {
    if (tokens.empty() || tokens.back().op != Op::kText) tokens.push_back({Op::kText, {}, {}});
    tokens.back().text += literal;
  };
  for (std::size_t at = 0; at < component.size();) {
    const char c = component[at];
    if (c == '*') {
      if (tokens.empty() || tokens.back().op != Op::kAnyRun) tokens.push_back({Op::kAnyRun, {}, {}});
      ++at;
    } else if (c == '?') {
      tokens.push_back({Op::kAnyOne, {}, {}});
      ++at;
    } else if (c == '[') {
      std::size_t close = at + 1;
      if (close < component.size() && component[close] == '!') ++close;
      if (close < component.size() && component[close] == ']') ++close;  // a first `]` is a member
      close = component.find(']', close);
      if (close == std::string_view::npos) {
        text("[");
        ++at;
        continue;
      }
      tokens.push_back(character_class(component.substr(at + 1, close - at - 1)));
      at = close + 1;
    } else {
      const std::size_t end = std::min(component.find_first_of("*?[", at), component.size());
      text(component.substr(at, end - at));
      at = end;
    }
  }
  return tokens;
}

GlobSet::Token GlobSet::character_class(std::string_view set) {
  std::vector<Member> members = read_members(code_points(set));
  Token token;
  token.op = Op::kClass;
  std::size_t i = 0;
  if (!members.empty() && members.front().value == U'!') {
    token.character.negated = true;
    // `!` and then "to": the hyphen is left over as a member.
    if (members.front().starts_range) {
      token.character.ranges.emplace_back(U'-', U'-');
    }
    i = 1;
  }
  for (; i < members.size(); ++i) {
    const char32_t from = members[i].value;
    if (members[i].starts_range) ++i;
    token.character.ranges.emplace_back(from, members[i].value);
  }
  return token;
}

bool GlobSet::matches(std::span<const Token> tokens, std::string_view name) {
  // One `*` is open at a time: when what follows it fails, it takes one more character. An earlier `*` need never take
  // more, because the later one can take whatever the earlier would have given it.
  std::size_t token = 0;
  std::size_t at = 0;
  std::optional<std::size_t> open;  // index of the token after the last `*`
  std::size_t open_at = 0;          // where what follows it was last tried
  for (;;) {
    bool advanced = false;
    if (token == tokens.size()) {
      if (at == name.size()) return true;
      if (open == tokens.size()) return true;  // a last `*` takes the rest
    } else if (const Token& t = tokens[token]; t.op == Op::kAnyRun) {
      open = ++token;
      open_at = at;
      continue;
    } else if (t.op == Op::kText) {
      // A last text right after a `*` can only be the end of the name: `*.exr`, the most common pattern of all.
      if (open == token && token + 1 == tokens.size()) {
        return name.size() - at >= t.text.size() && name.ends_with(t.text);
      }
      if (name.substr(at).starts_with(t.text)) {
        at += t.text.size();
        advanced = true;
      }
    } else if (at < name.size()) {
      std::size_t next = at;
      const char32_t c = next_code_point(name, next);
      bool matched = t.op == Op::kAnyOne;
      if (t.op == Op::kClass) {
        matched = std::any_of(t.character.ranges.begin(), t.character.ranges.end(), [c](const auto& range) {
                    return range.first <= c && c <= range.second;
                  }) != t.character.negated;
      }
      if (matched) {
        at = next;
        advanced = true;
      }
    }
    if (advanced) {
      ++token;
      continue;
    }
    if (!open || open_at >= name.size()) return false;
    next_code_point(name, open_at);
    at = open_at;
    token = *open;
  }
}

bool GlobSet::position_matches(const Position& position, std::string_view name, bool hidden) {
  return (!hidden || position.names_hidden) && matches(position.tokens, name);
}

// A `**` matches nothing as well as something, so what follows it is always tried too.
void GlobSet::activate(std::uint32_t position, Positions& out) const {
  out.push_back(position);
  if (positions_[position].recursive && !positions_[position].last) out.push_back(position + 1);
}

GlobSet::Outcome GlobSet::test(const Positions& positions, std::string_view name, bool hidden) const {
  Outcome outcome;
  for (const std::uint32_t index : positions) {  // those of include patterns come first
    const bool excluding = index >= exclude_begin_;
    if (excluding && (!outcome.included || outcome.excluded)) break;
    const Position& position = positions_[index];
    if (!position.last || (!excluding && outcome.included)) continue;
    if (!(position.recursive ? !hidden : position_matches(position, name, hidden))) continue;
    (excluding ? outcome.excluded : outcome.included) = true;
  }
  return outcome;
}

GlobSet::Positions GlobSet::advance(const Positions& positions, std::string_view name, bool hidden) const {
  Positions next;
  next.reserve(positions.size());
  for (const std::uint32_t index : positions) {
    const Position& position = positions_[index];
    if (position.recursive) {
      if (!hidden) activate(index, next);
    } else if (!position.last && position_matches(position, name, hidden)) {
      activate(index + 1, next);
    }
  }
  // Two positions of one pattern may lead to the same one (`**/a/**`), but only to neighbours: sorting is cheap.
  std::sort(next.begin(), next.end());
  next.erase(std::unique(next.begin(), next.end()), next.end());
  return next;
}

// True if files below may be included. An active last `**` of an exclude pattern takes out everything below (all but
// hidden names, when these are told apart and an include pattern could name them), so nothing need be looked at.
bool GlobSet::reaches(const Positions& positions, bool hidden_told_apart) const {
  if (positions.empty() || positions.front() >= exclude_begin_) return false;
  if (hidden_told_apart && include_names_hidden_) return true;
  return std::none_of(positions.begin(), positions.end(), [&](std::uint32_t index) {
    return index >= exclude_begin_ && positions_[index].recursive && positions_[index].last;
  });
}

GlobState GlobSet::make_state(Positions strict, Positions relaxed, bool same) const {
  GlobState state;
  state.same_ = same || strict == relaxed;
  state.strict_reach_ = reaches(strict, !options_.match_hidden);
  state.relaxed_reach_ = !options_.match_hidden && reaches(state.same_ ? strict : relaxed, false);
  state.strict_ = std::move(strict);
  if (!state.same_) state.relaxed_ = std::move(relaxed);
  return state;
}

GlobState GlobSet::start() const {
  Positions positions = starts_;
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  return make_state(std::move(positions), {}, true);
}

GlobMatch GlobSet::match_file(const GlobState& directory, std::string_view name) const {
  const std::string folded = options_.case_insensitive ? lower_case(name) : std::string();
  if (options_.case_insensitive) name = folded;
  const bool dotted = is_hidden(name);
  const Outcome strict = test(directory.strict_, name, dotted && !options_.match_hidden);
  if (strict.included) return strict.excluded ? GlobMatch::kExcluded : GlobMatch::kSelected;
  if (options_.match_hidden || (directory.same_ && !dotted)) return GlobMatch::kNone;
  const Outcome relaxed = test(directory.same_ ? directory.strict_ : directory.relaxed_, name, false);
  if (!relaxed.included) return GlobMatch::kNone;
  return relaxed.excluded ? GlobMatch::kExcluded : GlobMatch::kHidden;
}

GlobState GlobSet::enter(const GlobState& directory, std::string_view name) const {
  const std::string folded = options_.case_insensitive ? lower_case(name) : std::string();
  if (options_.case_insensitive) name = folded;
  const bool dotted = is_hidden(name);
  Positions strict = advance(directory.strict_, name, dotted && !options_.match_hidden);
  if (options_.match_hidden || (directory.same_ && !dotted)) return make_state(std::move(strict), {}, true);
  return make_state(std::move(strict), advance(directory.same_ ? directory.strict_ : directory.relaxed_, name, false),
                    false);
}

GlobMatch GlobSet::match_path(std::string_view relative_path) const {
  GlobState state = start();
  for (;;) {
    const std::size_t slash = relative_path.find('/');
    if (slash == std::string_view::npos) return match_file(state, relative_path);
    state = enter(state, relative_path.substr(0, slash));
    relative_path.remove_prefix(slash + 1);
  }
}

bool glob_has_magic(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

std::string glob_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[') {
      out.append({'[', c, ']'});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace attache
