#include <attache/paths/conflict_names.hpp>

namespace attache {

std::string copy_name(std::string_view name, std::uint64_t n) {
  const std::size_t dot = name.rfind('.');
  const bool has_suffix = dot != std::string_view::npos && dot != 0 && dot + 1 != name.size();
  const std::size_t stem = has_suffix ? dot : name.size();
  std::string copy(name.substr(0, stem));
  copy += " (" + std::to_string(n) + ")";
  copy += name.substr(stem);
  return copy;
}

}  // namespace attache
