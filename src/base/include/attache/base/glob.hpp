#pragma once

#include <attache/base/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Both dialects are paths of components separated by `/`, relative to a root whose own metacharacters mean nothing:
///   *  ?          any run of characters, any one character (a code point), within a component
///   [seq] [!seq]  one character in, or not in, a set of characters and ranges; a first `]` is a member
///   **            as a whole component only: any number of directories, zero included; last: everything below
/// Empty and `.` components vanish; `name/..` vanishes; a pattern that ends in `/`, `.` or `..` selects nothing: it
/// could only mean a directory. Everything is WTF-8.
enum class GlobDialect {
  /// Python's `glob` with recursion, the dialect of job attachments (incumbent formats, section 13). Names that start
  /// with a dot match only components that start with a dot, and `**` neither yields nor enters them. An unclosed `[`
  /// is an ordinary character. There are no braces and no escape character (`[*]` stands for `*`; see glob_escape).
  kPython,
  /// That of manifest format v2025-12 (section 4.5, as designed). Also:
  ///   {a,b}  stands for each of its alternatives, as if it were several patterns with one of them written out each;
  ///          braces nest, and alternatives may be empty or hold `/`. A comma outside of braces is an ordinary
  ///          character
  ///   [^seq] is [!seq]
  ///   \c     the character c itself, outside of classes: in a class, a backslash is a member
  /// Dots are ordinary. What is not closed, closes nothing, escapes nothing or runs backwards is an error. An absolute
  /// pattern, unless GlobOptions::root is set, is for the paths of absolute manifests: `/mnt/**` matches `/mnt/a`.
  kDesign,
};

struct GlobOptions {
  GlobDialect dialect = GlobDialect::kPython;
  /// Names that start with a dot are ordinary names. In kDesign they always are.
  bool match_hidden = false;
  /// Compare by lower case (see lower_case): for file systems of Windows. The pattern is in lower case as well: a range
  /// that then runs backwards (`[Z-a]`) holds nothing.
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
/// nothing in kPython and everything in kDesign. Where directories are entries themselves, a directory is asked about
/// in the same way, by match_file in the state of its parent or by match_path: a pattern does not tell the kinds apart
/// (`a/**` matches `a/b` of either kind, and not `a`). Immutable after compile(); any number of threads may use one.
class GlobSet {
 public:
  /// kInvalidArgument, naming the pattern, for one that is not WTF-8, leaves the root (`../x`, an absolute path not
  /// below GlobOptions::root) or goes up from a wildcard (`*/../x`); in kDesign also for faulty syntax and for more
  /// than 1000 combinations of alternatives.
  static Result<GlobSet> compile(std::span<const std::string> include, std::span<const std::string> exclude,
                                 GlobOptions options = {});
  GlobSet(GlobSet&& other) noexcept;
  GlobSet& operator=(GlobSet&& other) noexcept;
  ~GlobSet();

  /// The state in the root.
  GlobState start() const;
  /// About the file `name` (one component) in a directory.
  GlobMatch match_file(const GlobState& directory, std::string_view name) const;
  /// The state in the directory `name` (one component) of a directory.
  GlobState enter(const GlobState& directory, std::string_view name) const;

  /// About the file at a path: for a list of paths instead of a tree. O(components).
  GlobMatch match_path(std::string_view path) const;

 private:
  struct Machine;
  explicit GlobSet(std::unique_ptr<const Machine> machine);

  std::unique_ptr<const Machine> machine_;  // null only in a moved-from set
};

/// True if the text holds a metacharacter of the dialect: in kPython `*`, `?` or `[`; in kDesign also `{`, `}` or `\`.
bool glob_has_magic(std::string_view text, GlobDialect dialect = GlobDialect::kPython);

/// A pattern that matches exactly `text`. In kPython every metacharacter stands in brackets; in kDesign a backslash
/// stands before each of `* ? [ ] { } ! \` (the recorded program leaves out the last, so that a name with a backslash
/// would not match itself).
std::string glob_escape(std::string_view text, GlobDialect dialect = GlobDialect::kPython);

}  // namespace attache
