#include <attache/paths/path_facts.hpp>

namespace attache {

Result<PathStatus> KnownPathFacts::status(const std::string& path) {
  const auto known = statuses_.find(path);
  return known == statuses_.end() ? PathStatus() : known->second;
}

std::string KnownPathFacts::resolved(const std::string& path) {
  const auto known = resolved_.find(path);
  return known == resolved_.end() ? path : known->second;
}

}  // namespace attache
