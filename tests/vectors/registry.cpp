#include "kinds.hpp"

namespace attache::vectors {

Checker find_checker(std::string_view kind) {
  // One a line, so that kinds can be added side by side.
  // clang-format off
  for (const std::span<const Kind> group : {
           base_kinds(),
           cache_kinds(),
           download_kinds(),
           glob_kinds(),
           grouping_kinds(),
           hash_kinds(),
           manifest_kinds(),
           manifest_operation_kinds(),
           manifest_storage_kinds(),
           manifest_store_kinds(),
           paths_kinds(),
           progress_kinds(),
           s3_kinds(),
           scan_kinds(),
           upload_kinds(),
           v2025_codec_kinds(),
           v2025_group_kinds(),
           v2025_operation_kinds(),
           v2025_path_kinds()}) {
    // clang-format on
    for (const Kind& known : group) {
      if (known.name == kind) return known.check;
    }
  }
  return nullptr;
}

}  // namespace attache::vectors
