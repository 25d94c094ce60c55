#include <attache/store/cas_layout.hpp>

namespace attache {

namespace {
constexpr std::string_view kDirectory = "Data/";
constexpr std::string_view kSuffix = ".xxh128";
}  // namespace

std::string data_key(const Digest& digest) {
  return legacy_data_key(digest).append(kSuffix);
}

std::string legacy_data_key(const Digest& digest) {
  return std::string(kDirectory) + digest.to_hex();
}

std::optional<DataKey> parse_data_key(std::string_view key) {
  if (!key.starts_with(kDirectory)) return std::nullopt;
  key.remove_prefix(kDirectory.size());
  const bool legacy = !key.ends_with(kSuffix);
  if (!legacy) key.remove_suffix(kSuffix.size());
  const std::optional<Digest> hash = Digest::parse(key);
  if (!hash) return std::nullopt;
  return DataKey{*hash, legacy};
}

std::string manifest_key(std::string_view path, std::string_view name) {
  std::string key = "Manifests/";
  if (!path.empty()) key.append(path) += '/';
  return key.append(name);
}

}  // namespace attache
