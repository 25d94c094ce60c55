#pragma once

#include <attache/base/result.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Filters in the form in which they are compared and shown: `\` is `/`, one `./` at the start is gone, a run of `/` is
/// one, and what is then empty is left out.
std::vector<std::string> normalize_include_filters(std::span<const std::string> filters);

struct IncludeFilterOptions {
  /// Compare by lower case (see lower_case): for file systems of Windows.
  bool case_insensitive = false;
};

/// The `--include` filters of downloads (incumbent formats, section 9.6). A filter is a pattern of Python's fnmatch for
/// the whole path, root included, in which `*` and `?` (and classes) match `/` like any other character; hidden names
/// are ordinary. Unless it starts with `/`, `*` or a drive (any character and a colon) it may match from any component
/// on, as if it started with `*/`. One that ends in `/` matches everything below. There is no escape character: `[*]`
/// stands for `*`, and a backslash is a separator.
///
/// Filters come in groups, such as those of a command and those of its caller: a path is included if, in each group,
/// any filter matches. No group includes everything; a group whose filters are all empty includes nothing, so a caller
/// for whom `--include ""` means no filter leaves that group out.
///
/// Immutable after compile(); any number of threads may use one.
class IncludeFilters {
 public:
  /// kInvalidArgument, naming the filter, for one that is not WTF-8. Every other text is a filter.
  static Result<IncludeFilters> compile(std::span<const std::vector<std::string>> groups,
                                        IncludeFilterOptions options = {});
  IncludeFilters(IncludeFilters&& other) noexcept;
  IncludeFilters& operator=(IncludeFilters&& other) noexcept;
  ~IncludeFilters();

  /// About the file at `path` (relative, with `/`) below `root`, which may be a path of Windows.
  bool matches(std::string_view root, std::string_view path) const;

 private:
  struct Compiled;
  explicit IncludeFilters(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;  // null only in moved-from filters
};

}  // namespace attache
