#pragma once

#include <optional>
#include <string_view>

namespace attache::detail {

/// What an absolute path begins with: `/`, `X:/` or `//server/share/`.
struct AbsolutePath {
  std::string_view start;  ///< "/", or "X:/" ("X:" where the path is no longer)
  std::string_view share;  ///< "/server/share" of "//server/share", else empty; `start` is "/" then
  std::string_view rest;   ///< what follows, without a leading slash; empty for the place itself
};

/// Nothing if the text is not absolute. Only the beginning is looked at: `rest` may hold anything.
std::optional<AbsolutePath> split_absolute(std::string_view path);

}  // namespace attache::detail
