#pragma once

#include "vector_case.hpp"

#include <span>
#include <string>
#include <string_view>

namespace attache::vectors {

// One table per group of kinds, each at the end of <group>_vectors.cpp.
std::span<const Kind> base_kinds();
std::span<const Kind> cache_kinds();
std::span<const Kind> download_kinds();
std::span<const Kind> glob_kinds();
std::span<const Kind> grouping_kinds();
std::span<const Kind> hash_kinds();
std::span<const Kind> manifest_kinds();
std::span<const Kind> manifest_operation_kinds();
std::span<const Kind> manifest_storage_kinds();
std::span<const Kind> manifest_store_kinds();
std::span<const Kind> paths_kinds();
std::span<const Kind> progress_kinds();
std::span<const Kind> s3_kinds();
std::span<const Kind> scan_kinds();
std::span<const Kind> upload_kinds();
std::span<const Kind> v2025_codec_kinds();
std::span<const Kind> v2025_group_kinds();
std::span<const Kind> v2025_operation_kinds();
std::span<const Kind> v2025_path_kinds();

// The parts of some kinds that need no files, which scan_vectors.cpp then checks with files.
Outcome check_glob(const VectorCase& vector);
Outcome check_fast_diff(const VectorCase& vector);
Outcome check_hash_data(const VectorCase& vector);
/// The bytes that `input.pattern` of a hash_data case stands for.
std::string hash_data_bytes(const Json& pattern);

/// Kind s3_requests, those of uploads.
Outcome check_upload_requests(const VectorCase& vector);

/// The checker of a kind, or null.
Checker find_checker(std::string_view kind);

}  // namespace attache::vectors
