#include <attache/store/cas_layout.hpp>

namespace attache {

std::string data_key(const Digest& digest) {
  return legacy_data_key(digest) + ".xxh128";
}

std::string legacy_data_key(const Digest& digest) {
  return "Data/" + digest.to_hex();
}

std::string manifest_key(std::string_view path, std::string_view name) {
  std::string key = "Manifests/";
  if (!path.empty()) key.append(path) += '/';
  return key.append(name);
}

}  // namespace attache
