#include "metadata_file.hpp"

#include <attache/store/object_rules.hpp>

namespace attache {

std::string encode_metadata(const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [name, value] : metadata) text.append(name).append(": ").append(value) += '\n';
  return text;
}

std::optional<std::map<std::string, std::string>> decode_metadata(std::string_view text) {
  std::map<std::string, std::string> metadata;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return std::nullopt;
    if (!metadata.emplace(line.substr(0, colon), line.substr(colon + 2)).second) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  if (!check_object_metadata("", metadata)) return std::nullopt;
  return metadata;
}

}  // namespace attache
