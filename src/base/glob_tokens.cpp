#include "glob_tokens.hpp"

#include <attache/base/text.hpp>

#include <algorithm>
#include <optional>

namespace attache {

namespace {

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out.push_back(next_code_point(text, at));
  return out;
}

bool negates(char c, GlobDialect dialect) {
  return c == '!' || (c == '^' && dialect == GlobDialect::kDesign);
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

GlobToken python_class(std::string_view set) {
  const std::vector<Member> members = read_members(code_points(set));
  GlobToken token{.op = GlobToken::Op::kClass};
  std::size_t i = 0;
  if (!members.empty() && members.front().value == U'!') {
    token.negated = true;
    // `!` and then "to": the hyphen is left over as a member.
    if (members.front().starts_range) token.ranges.emplace_back(U'-', U'-');
    i = 1;
  }
  for (; i < members.size(); ++i) {
    const char32_t from = members[i].value;
    if (members[i].starts_range) ++i;
    token.ranges.emplace_back(from, members[i].value);
  }
  return token;
}

// A hyphen between two members is "to"; first, last or right after a range it is a member.
GlobToken design_class(std::string_view set) {
  GlobToken token{.op = GlobToken::Op::kClass, .negated = negates(set.front(), GlobDialect::kDesign)};
  const std::u32string members = code_points(set.substr(token.negated ? 1 : 0));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const char32_t from = members[i];
    if (i + 2 < members.size() && members[i + 1] == U'-') i += 2;
    token.ranges.emplace_back(from, members[i]);
  }
  return token;
}

bool holds(const GlobToken& token, char32_t c) {
  return std::any_of(token.ranges.begin(), token.ranges.end(),
                     [c](const auto& range) { return range.first <= c && c <= range.second; }) != token.negated;
}

}  // namespace

std::size_t glob_class_end(std::string_view text, std::size_t open, GlobDialect dialect) {
  std::size_t at = open + 1;
  if (at < text.size() && negates(text[at], dialect)) ++at;
  if (at < text.size() && text[at] == ']') ++at;
  const std::size_t close = text.find(']', at);
  return close == std::string_view::npos ? close : close + 1;
}

GlobToken glob_class(std::string_view set, GlobDialect dialect) {
  return dialect == GlobDialect::kDesign ? design_class(set) : python_class(set);
}

std::vector<GlobToken> glob_tokens(std::string_view text, GlobDialect dialect) {
  const std::string_view special = dialect == GlobDialect::kDesign ? "*?[\\" : "*?[";
  std::vector<GlobToken> tokens;
  const auto literal = [&](std::string_view bytes) {
    if (tokens.empty() || tokens.back().op != GlobToken::Op::kText) tokens.push_back({});
    tokens.back().text += bytes;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t close = text[at] == '[' ? glob_class_end(text, at, dialect) : std::string_view::npos;
    if (text[at] == '*') {
      if (tokens.empty() || tokens.back().op != GlobToken::Op::kAnyRun) tokens.push_back({GlobToken::Op::kAnyRun});
      ++at;
    } else if (text[at] == '?') {
      tokens.push_back({GlobToken::Op::kAnyOne});
      ++at;
    } else if (close != std::string_view::npos) {
      tokens.push_back(glob_class(text.substr(at + 1, close - at - 2), dialect));
      at = close;
    } else {
      if (text[at] == '\\' && dialect == GlobDialect::kDesign && at + 1 < text.size()) ++at;
      const std::size_t end = std::min(text.find_first_of(special, at + 1), text.size());
      literal(text.substr(at, end - at));
      at = end;
    }
  }
  return tokens;
}

bool glob_matches(std::span<const GlobToken> tokens, std::string_view text) {
  // One `*` is open at a time: when what follows it fails, it takes one more character. An earlier `*` need never take
  // more, because the later one can take whatever the earlier would have given it.
  std::size_t token = 0;
  std::size_t at = 0;
  std::optional<std::size_t> open;  // index of the token after the last `*`
  std::size_t open_at = 0;          // where what follows it was last tried
  for (;;) {
    bool advanced = false;
    if (token == tokens.size()) {
      if (at == text.size()) return true;
      if (open == tokens.size()) return true;  // a last `*` takes the rest
    } else if (const GlobToken& t = tokens[token]; t.op == GlobToken::Op::kAnyRun) {
      open = ++token;
      open_at = at;
      continue;
    } else if (t.op == GlobToken::Op::kText) {
      // A last text right after a `*` can only be the end of the name: `*.exr`, the most common pattern of all.
      if (open == token && token + 1 == tokens.size()) {
        return text.size() - at >= t.text.size() && text.ends_with(t.text);
      }
      if (text.substr(at).starts_with(t.text)) {
        at += t.text.size();
        advanced = true;
      }
    } else if (at < text.size()) {
      std::size_t next = at;
      const char32_t c = next_code_point(text, next);
      if (t.op == GlobToken::Op::kAnyOne || holds(t, c)) {
        at = next;
        advanced = true;
      }
    }
    if (advanced) {
      ++token;
      continue;
    }
    if (!open || open_at >= text.size()) return false;
    next_code_point(text, open_at);
    at = open_at;
    token = *open;
  }
}

tl::unexpected<Error> refuse_pattern(std::string_view pattern, std::string_view why, std::string remedy) {
  std::size_t shown = 0;
  for (int characters = 0; characters < 200 && shown < pattern.size(); ++characters) next_code_point(pattern, shown);
  return fail(
      ErrorCode::kInvalidArgument,
      "pattern '" + printable(pattern.substr(0, shown)) + (shown < pattern.size() ? "...' " : "' ") + std::string(why),
      std::move(remedy));
}

}  // namespace attache
