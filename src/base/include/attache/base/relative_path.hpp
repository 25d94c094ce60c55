#pragma once

#include <attache/base/result.hpp>

#include <compare>
#include <string>
#include <string_view>

namespace attache {

/// A path below an asset root, as it may be used to touch a file: WTF-8, `/` separators, at least one component, no
/// empty, `.` or `..` component, no NUL, not absolute. Made where a file is about to be touched; a decoded manifest
/// keeps its paths as text. A backslash is an ordinary character. Immutable value.
class RelativePath {
 public:
  /// kOutsideRoot for absolute paths and `..`; kInvalidArgument for empty text, empty or `.` components, NUL and text
  /// that is not WTF-8. The message names the path; the remedy says that the manifest must be made again.
  static Result<RelativePath> parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// The last component.
  std::string_view name() const;
  /// All but the last component; empty at the top level.
  std::string_view parent() const;

  friend bool operator==(const RelativePath&, const RelativePath&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in what the compiler generates
  friend std::strong_ordering operator<=>(const RelativePath&, const RelativePath&) = default;

 private:
  explicit RelativePath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace attache
