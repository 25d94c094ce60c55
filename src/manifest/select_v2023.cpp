#include <attache/base/guarded.hpp>
#include <attache/base/relative_path.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "trusted_appender.hpp"

#include <limits>

namespace attache {

namespace {

template <typename Accepts>
Result<Manifest> select(const Manifest& manifest, Accepts accepts) {
  return detail::guarded([&] {
    ManifestBuilder builder;
    detail::TrustedAppender selected(builder);
    for (const ManifestEntry& entry : manifest) {
      if (accepts(entry)) selected.add(entry);
    }
    return std::move(builder).build();
  });
}

}  // namespace

Result<Manifest> filter(const Manifest& manifest, const std::function<bool(const ManifestEntry&)>& accepts) {
  return select(manifest, accepts);
}

Result<Manifest> select_below(const Manifest& manifest, std::string_view directory) {
  const std::size_t end = directory.find_last_not_of('/');
  const std::string_view name = directory.substr(0, end == std::string_view::npos ? 0 : end + 1);
  if (directory.empty() || name == ".") return select(manifest, [](const ManifestEntry&) { return true; });
  ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(name.empty() ? directory : name));
  const std::string_view text = path.text();
  return select(manifest, [text](const ManifestEntry& entry) {
    return entry.path.size() > text.size() && entry.path[text.size()] == '/' && entry.path.starts_with(text);
  });
}

std::optional<std::uint64_t> sum_of_sizes(const Manifest& manifest) {
  std::uint64_t sum = 0;
  for (const ManifestEntry& entry : manifest) {
    if (entry.size > std::numeric_limits<std::uint64_t>::max() - sum) return std::nullopt;
    sum += entry.size;
  }
  return sum;
}

}  // namespace attache
