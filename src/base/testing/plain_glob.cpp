#include <attache/base/testing/plain_glob.hpp>
#include <attache/base/text.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace attache::testing {

namespace {

using Text = std::u32string;

Text characters(std::string_view text, bool bytes = false) {
  Text out;
  for (std::size_t at = 0; at < text.size();) {
    out.push_back(bytes ? static_cast<unsigned char>(text[at++]) : next_code_point(text, at));
  }
  return out;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> components;
  for (std::size_t slash = 0; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1)) {
    components.push_back(path.substr(0, slash));
  }
  components.push_back(path);
  return components;
}

// table[p][n]: whether the pattern from p on matches the text from n on. Filled from the ends.
using Table = std::vector<std::vector<bool>>;

Table make_table(std::size_t pattern, std::size_t text) {
  Table table(pattern + 1, std::vector<bool>(text + 1));
  table[pattern][text] = true;
  return table;
}

// What a pattern of the design's dialect is made of.
struct Atom {
  enum class Kind { kCharacter, kAny, kRun, kSet, kDirectories, kEverythingBelow };
  Kind kind = Kind::kCharacter;
  char32_t character = 0;
  bool negated = false;
  std::vector<std::pair<char32_t, char32_t>> set{};
};

std::vector<Atom> read_atoms(const Text& pattern) {
  std::vector<Atom> atoms;
  bool starts_component = true;
  for (std::size_t at = 0; at < pattern.size();) {
    const Text rest = pattern.substr(at);
    Atom atom;
    if (starts_component && rest == U"**") {
      atom.kind = Atom::Kind::kEverythingBelow;
      at += 2;
    } else if (starts_component && rest.starts_with(U"**/")) {
      atom.kind = Atom::Kind::kDirectories;
      at += 3;
    } else if (starts_component && rest.starts_with(U"**\\/")) {
      atom.kind = Atom::Kind::kDirectories;
      at += 4;
    } else if (rest[0] == U'*') {
      atom.kind = Atom::Kind::kRun;
      ++at;
    } else if (rest[0] == U'?') {
      atom.kind = Atom::Kind::kAny;
      ++at;
    } else if (rest[0] == U'[') {
      atom.kind = Atom::Kind::kSet;
      atom.negated = rest[1] == U'!' || rest[1] == U'^';
      const std::size_t first = atom.negated ? 2 : 1;
      const std::size_t close = rest.find(U']', first + 1);
      for (std::size_t i = first; i < close; ++i) {
        const bool range = i + 2 < close && rest[i + 1] == U'-';
        atom.set.emplace_back(rest[i], rest[range ? i + 2 : i]);
        if (range) i += 2;
      }
      at += close + 1;
    } else {
      if (rest[0] == U'\\') ++at;
      atom.character = pattern[at++];
    }
    starts_component = atom.kind == Atom::Kind::kDirectories || atom.character == U'/';
    atoms.push_back(std::move(atom));
  }
  return atoms;
}

bool takes(const Atom& atom, char32_t c, PlainOptions options) {
  if (atom.kind == Atom::Kind::kCharacter) return c == atom.character;
  if (c == U'/' && !options.crosses_slash) return false;
  if (atom.kind != Atom::Kind::kSet) return true;
  const bool found = std::any_of(atom.set.begin(), atom.set.end(),
                                 [c](const auto& range) { return range.first <= c && c <= range.second; });
  return found != atom.negated;
}

bool match_atoms(const std::vector<Atom>& pattern, const Text& path, PlainOptions options) {
  Table table = make_table(pattern.size(), path.size());
  for (std::size_t p = pattern.size(); p-- > 0;) {
    const Atom& atom = pattern[p];
    for (std::size_t n = path.size() + 1; n-- > 0;) {
      const bool more = n < path.size();
      switch (atom.kind) {
        case Atom::Kind::kEverythingBelow:
          table[p][n] = more;
          break;
        case Atom::Kind::kDirectories:  // none, or up to any `/`
          table[p][n] = table[p + 1][n];
          for (std::size_t i = n; i < path.size(); ++i) {
            if (path[i] == U'/' && table[p + 1][i + 1]) table[p][n] = true;
          }
          break;
        case Atom::Kind::kRun:
          table[p][n] = table[p + 1][n] || (more && takes(atom, path[n], options) && table[p][n + 1]);
          break;
        case Atom::Kind::kCharacter:
        case Atom::Kind::kAny:
        case Atom::Kind::kSet:
          table[p][n] = more && takes(atom, path[n], options) && table[p + 1][n + 1];
          break;
      }
    }
  }
  return table[0][0];
}

// The end of what begins at `at` and is not to be looked into: a class, an escaped character, or one character.
std::size_t end_of_item(std::string_view pattern, std::size_t at) {
  if (pattern[at] == '\\') return at + 2;
  if (pattern[at] != '[') return at + 1;
  const bool negated = pattern[at + 1] == '!' || pattern[at + 1] == '^';
  return pattern.find(']', at + (negated ? 3 : 2)) + 1;
}

}  // namespace

bool plain_fnmatch(std::string_view pattern_text, std::string_view text) {
  const Text pattern = characters(pattern_text);
  const Text name = characters(text);
  Table table = make_table(pattern.size(), name.size());
  for (std::size_t p = pattern.size(); p-- > 0;) {
    std::size_t close = Text::npos;
    const bool negated = p + 1 < pattern.size() && pattern[p + 1] == U'!';
    const std::size_t set = p + (negated ? 2 : 1);
    if (pattern[p] == U'[') close = pattern.find(U']', set + 1);
    for (std::size_t n = name.size() + 1; n-- > 0;) {
      const bool more = n < name.size();
      if (pattern[p] == U'*') {
        table[p][n] = table[p + 1][n] || (more && table[p][n + 1]);
      } else if (!more) {
        continue;
      } else if (close != Text::npos) {
        const bool found = pattern.substr(set, close - set).find(name[n]) != Text::npos;
        table[p][n] = found != negated && table[close + 1][n + 1];
      } else {
        table[p][n] = (pattern[p] == U'?' || pattern[p] == name[n]) && table[p + 1][n + 1];
      }
    }
  }
  return table[0][0];
}

bool plain_python_glob(std::string_view pattern_text, std::string_view path_text, bool match_hidden) {
  const std::vector<std::string_view> pattern = split(pattern_text);
  const std::vector<std::string_view> path = split(path_text);
  Table table = make_table(pattern.size(), path.size());
  for (std::size_t p = pattern.size(); p-- > 0;) {
    const bool last = p + 1 == pattern.size();
    for (std::size_t n = path.size(); n-- > 0;) {
      const bool hidden = path[n].starts_with('.') && !match_hidden;
      if (pattern[p] == "**") {
        // None, or this name and more; at least a name if nothing follows.
        table[p][n] = (!last && table[p + 1][n]) || (!hidden && (table[p][n + 1] || (last && n + 1 == path.size())));
      } else {
        table[p][n] =
            (!hidden || pattern[p].starts_with('.')) && table[p + 1][n + 1] && plain_fnmatch(pattern[p], path[n]);
      }
    }
  }
  return table[0][0];
}

bool plain_design_glob(std::string_view pattern, std::string_view path, PlainOptions options) {
  const std::vector<std::string> alternatives = plain_alternatives(pattern);
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& alternative) {
    return match_atoms(read_atoms(characters(alternative, options.bytes)), characters(path, options.bytes), options);
  });
}

// The first brace is replaced by each of its alternatives, and what comes out is a pattern again.
std::vector<std::string> plain_alternatives(std::string_view pattern) {
  std::size_t open = 0;
  while (open < pattern.size() && pattern[open] != '{') open = end_of_item(pattern, open);
  if (open == pattern.size()) return {std::string(pattern)};

  std::vector<std::string_view> alternatives;
  std::size_t begin = open + 1;
  std::size_t at = begin;
  for (int depth = 1; depth > 0; at = end_of_item(pattern, at)) {
    if (pattern[at] == '{') ++depth;
    if (pattern[at] == '}') --depth;
    if (depth > 1 || (depth == 1 && pattern[at] != ',')) continue;
    alternatives.push_back(pattern.substr(begin, at - begin));
    begin = at + 1;
  }
  std::vector<std::string> written_out;
  for (const std::string_view alternative : alternatives) {
    std::string text(pattern.substr(0, open));
    text.append(alternative).append(pattern.substr(at));
    for (std::string& each : plain_alternatives(text)) written_out.push_back(std::move(each));
  }
  return written_out;
}

bool is_plain_path(std::string_view pattern) {
  std::size_t begin = 0;
  for (std::size_t at = 0;;) {
    const bool escaped_slash = pattern.substr(at).starts_with("\\/");
    if (at == pattern.size() || pattern[at] == '/' || escaped_slash) {
      const std::string_view component = pattern.substr(begin, at - begin);
      if (component.empty() || component == "." || component == "..") return false;
      if (at == pattern.size()) return true;
      at += escaped_slash ? 2 : 1;
      begin = at;
    } else {
      at = end_of_item(pattern, at);
    }
  }
}

}  // namespace attache::testing
