#pragma once

#include <string>
#include <string_view>
#include <vector>

// The dialects of patterns once more, as plainly as they can be said, for tests to compare with: every way to share out
// a text among the parts of a pattern is tried. Written from the descriptions, not from the library's code, and far too
// slow for anything but short texts. Nothing is checked and nothing is normalised: give patterns that compile, and
// paths without empty, `.` and `..` components.

namespace attache::testing {

/// Python's fnmatch, whole text; also a component of GlobDialect::kPython. Classes have no ranges.
bool plain_fnmatch(std::string_view pattern, std::string_view text);

/// A path of GlobDialect::kPython.
bool plain_python_glob(std::string_view pattern, std::string_view path, bool match_hidden);

/// How the Rust program of v2025-12 differs from its design: what its recorded answers must be compared with.
struct PlainOptions {
  bool crosses_slash = false;  ///< `*`, `?` and classes match `/`, too
  bool bytes = false;          ///< characters are bytes
};

/// A path of GlobDialect::kDesign.
bool plain_design_glob(std::string_view pattern, std::string_view path, PlainOptions options = {});

/// The patterns that one of GlobDialect::kDesign stands for, braces written out. As many as there are.
std::vector<std::string> plain_alternatives(std::string_view pattern);

/// True if the pattern (of kDesign, without braces) has no component that is empty, `.` or `..`: plain_design_glob
/// reads it as the library does.
bool is_plain_path(std::string_view pattern);

}  // namespace attache::testing
