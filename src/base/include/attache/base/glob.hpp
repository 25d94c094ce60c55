#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

// The glob dialect of job attachments: Python's `glob` with recursion (incumbent formats, section 13). A pattern is a
// path of components separated by `/`, relative to a root whose own metacharacters mean nothing:
//   *  ?          any run of characters, any one character (a code point), within a component
//   [seq] [!seq]  one character in, or not in, a set of characters and ranges; an unclosed `[` is an ordinary character
//   **            as a whole component only: any number of directories, zero included; last: every file below
// Names that start with a dot match only components that start with a dot, and `**` neither yields nor enters them.
// There are no braces and no escape character (`[*]` stands for `*`; see glob_escape). Empty and `.` components vanish;
// `name/..` vanishes; a pattern that ends in `/`, `.` or `..` could only match directories and selects no file.
// Everything is WTF-8.

struct GlobOptions {
  /// Names that start with a dot are ordinary names.
  bool match_hidden = false;
  /// Compare by lower case (see lower_case): for file systems of Windows.
  bool case_insensitive = false;
  /// The root as an absolute POSIX path, or empty. An absolute pattern is accepted if it is a path below this root
  /// (compared by components, as text), and then means the rest of itself.
  std::string root{};
};

/// What a set of patterns says about a file.
enum class GlobMatch {
  kSelected,  ///< an include pattern matches and no exclude pattern does
  kHidden,    ///< would be selected with match_hidden, and is not without
  kExcluded,  ///< an include pattern matches, and so does an exclude pattern
  kNone,      ///< no include pattern matches
};

/// What may be found below a directory.
enum class GlobReach {
  kSelected,  ///< possibly selected files: enter it
  kHidden,    ///< at most files that are GlobMatch::kHidden: enter it only to report them
  kNone,      ///< no file below it can be selected or hidden: need not be entered
};

/// Where in its patterns a GlobSet stands in one directory. A value of a few words, meaningful only to the set that
/// made it; made once per directory and shared freely by threads.
class GlobState {
 public:
  GlobReach reach() const;

 private:
  friend class GlobSet;
  /// Positions (pattern components to be matched by the next name), ascending: as the options say, and as they would
  /// be with match_hidden. Equal lists are stored once, in `strict_`.
  std::vector<std::uint32_t> strict_;
  std::vector<std::uint32_t> relaxed_;
  bool same_ = true;
  bool strict_reach_ = false;
  bool relaxed_reach_ = false;
};

/// Include and exclude patterns as one machine that a directory walker drives from the root downwards, so that a tree
/// is walked once whatever the number of patterns, and only where something can be selected:
///
///   walk(directory, state):  for every name in the directory
///     a file (or a link to one):      if set.match_file(state, name) == GlobMatch::kSelected, take it
///     a directory (or a link to one): auto below = set.enter(state, name);
///                                     if below.reach() == GlobReach::kSelected, walk(directory/name, below)
///   walk(root, set.start())
///
/// A file is selected if any include pattern and no exclude pattern matches its path. No include patterns select
/// nothing. Immutable after compile(); any number of threads may use one.
class GlobSet {
 public:
  /// kInvalidArgument, naming the pattern, for one that is not WTF-8, leaves the root (`../x`, an absolute path not
  /// below GlobOptions::root) or goes up from a wildcard (`*/../x`).
  static Result<GlobSet> compile(std::span<const std::string> include, std::span<const std::string> exclude,
                                 GlobOptions options = {});

  /// The state in the root.
  GlobState start() const;
  /// About the file `name` (one component) in a directory.
  GlobMatch match_file(const GlobState& directory, std::string_view name) const;
  /// The state in the directory `name` (one component) of a directory.
  GlobState enter(const GlobState& directory, std::string_view name) const;

  /// About the file at a relative path: for a list of paths instead of a tree. O(components).
  GlobMatch match_path(std::string_view relative_path) const;

 private:
  struct CharacterClass {
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };
  enum class Op : std::uint8_t { kText, kAnyOne, kAnyRun, kClass };
  struct Token {
    Op op = Op::kText;
    std::string text;          ///< kText: literal bytes
    CharacterClass character;  ///< kClass
  };
  /// One component of one pattern. The positions of a pattern are consecutive; the last one is marked.
  struct Position {
    bool recursive = false;     ///< `**`
    bool names_hidden = false;  ///< starts with a dot
    bool last = false;
    std::vector<Token> tokens;
  };
  struct Outcome {
    bool included = false;
    bool excluded = false;
  };

  using Positions = std::vector<std::uint32_t>;  // indices of positions_, ascending, each once

  Status add(std::string_view pattern);
  static std::vector<Token> tokenize(std::string_view component);
  static Token character_class(std::string_view set);
  static bool matches(std::span<const Token> tokens, std::string_view name);
  static bool position_matches(const Position& position, std::string_view name, bool hidden);
  void activate(std::uint32_t position, Positions& out) const;
  Outcome test(const Positions& positions, std::string_view name, bool hidden) const;
  Positions advance(const Positions& positions, std::string_view name, bool hidden) const;
  bool reaches(const Positions& positions, bool hidden_told_apart) const;
  GlobState make_state(Positions strict, Positions relaxed, bool same) const;

  GlobOptions options_;
  std::vector<Position> positions_;
  std::uint32_t exclude_begin_ = 0;  ///< positions from here on belong to exclude patterns
  bool include_names_hidden_ = false;
  Positions starts_;
};

/// True if the text holds a metacharacter: `*`, `?` or `[`.
bool glob_has_magic(std::string_view text);

/// A pattern that matches exactly `text`: every metacharacter in brackets.
std::string glob_escape(std::string_view text);

}  // namespace attache
