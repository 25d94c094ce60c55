#pragma once

#include <attache/hash/digest.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Keys of job attachments below a store's root (incumbent formats, section 4).
/// Content: `Data/<hash>.xxh128`.
std::string data_key(const Digest& digest);
/// Content as old versions of the incumbent stored it, read only: `Data/<hash>`.
std::string legacy_data_key(const Digest& digest);

/// What a key of content says.
struct DataKey {
  Digest hash;
  bool legacy = false;  ///< legacy_data_key()
};
/// Nothing for whatever is not exactly one of the two forms.
std::optional<DataKey> parse_data_key(std::string_view key);

/// A manifest: `Manifests/<path>/<name>`, `path` without slashes at its ends; may be empty.
std::string manifest_key(std::string_view path, std::string_view name);

}  // namespace attache
