#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Include and exclude patterns as a configuration gives them (incumbent formats, section 13).
struct GlobConfig {
  std::vector<std::string> include{"**/*"};
  std::vector<std::string> exclude{};
};

/// `{"include": [...], "exclude": [...]}`, each of which may be missing; other members are ignored. kInvalidArgument
/// for what is not such an object.
Result<GlobConfig> parse_glob_config(std::string_view json);
/// The same of a command's argument: JSON text, or the path of a file that holds it (at most 1 MiB).
Result<GlobConfig> read_glob_config(const std::string& text_or_path);

}  // namespace attache
