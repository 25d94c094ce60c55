#include <attache/base/guarded.hpp>
#include <attache/base/include_filters.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>

#include "glob_tokens.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace attache {

namespace {

std::string with_slashes(std::string_view path) {
  std::string out(path);
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

// Any character and a colon, not only a letter: that is how the incumbent tells drives.
bool has_drive(std::string_view filter) {
  std::size_t at = 0;
  next_code_point(filter, at);
  return filter.substr(at).starts_with(':');
}

// The pattern for whole paths that a normalised filter stands for.
std::string whole_pattern(std::string_view filter) {
  std::string pattern(filter);
  if (!filter.starts_with('/') && !filter.starts_with('*') && !has_drive(filter)) pattern.insert(0, "*/");
  if (filter.ends_with('/')) pattern.push_back('*');
  return pattern;
}

}  // namespace

std::vector<std::string> normalize_include_filters(std::span<const std::string> filters) {
  std::vector<std::string> normalized;
  for (const std::string& filter : filters) {
    std::string text = with_slashes(filter);
    if (text.starts_with("./")) text.erase(0, 2);
    text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == '/' && b == '/'; }), text.end());
    if (!text.empty()) normalized.push_back(std::move(text));
  }
  return normalized;
}

struct IncludeFilters::Compiled {
  IncludeFilterOptions options;
  std::vector<std::vector<std::vector<GlobToken>>> groups;  // the tokens of every filter of every group
};

IncludeFilters::IncludeFilters(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
IncludeFilters::IncludeFilters(IncludeFilters&& other) noexcept = default;
IncludeFilters& IncludeFilters::operator=(IncludeFilters&& other) noexcept = default;
IncludeFilters::~IncludeFilters() = default;

Result<IncludeFilters> IncludeFilters::compile(std::span<const std::vector<std::string>> groups,
                                               IncludeFilterOptions options) {
  return detail::guarded([&]() -> Result<IncludeFilters> {
    auto compiled = std::make_unique<Compiled>();
    compiled->options = options;
    for (const std::vector<std::string>& group : groups) {
      for (const std::string& filter : group) {
        if (!is_wtf8(filter)) return refuse_pattern(filter, "is not valid text", "write it in UTF-8");
      }
      auto& filters = compiled->groups.emplace_back();
      for (const std::string& filter : normalize_include_filters(group)) {
        const std::string pattern = whole_pattern(filter);
        filters.push_back(glob_tokens(options.case_insensitive ? lower_case(pattern) : pattern, GlobDialect::kPython));
      }
    }
    return IncludeFilters(std::move(compiled));
  });
}

bool IncludeFilters::matches(std::string_view root, std::string_view path) const {
  std::string whole = with_slashes(root);
  if (path.starts_with('/')) whole.clear();  // an absolute path is joined to nothing
  if (!whole.empty() && whole.back() != '/') whole.push_back('/');
  whole += path;
  if (compiled_->options.case_insensitive) whole = lower_case(whole);
  return std::all_of(compiled_->groups.begin(), compiled_->groups.end(), [&](const auto& filters) {
    return std::any_of(filters.begin(), filters.end(),
                       [&](const std::vector<GlobToken>& tokens) { return glob_matches(tokens, whole); });
  });
}

}  // namespace attache
