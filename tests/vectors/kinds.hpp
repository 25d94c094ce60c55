#pragma once

#include "vector_case.hpp"

#include <span>

namespace attache::vectors {

// One table per group of kinds, each at the end of <group>_vectors.cpp.
std::span<const Kind> base_kinds();
std::span<const Kind> cache_kinds();
std::span<const Kind> glob_kinds();
std::span<const Kind> hash_kinds();
std::span<const Kind> manifest_kinds();
std::span<const Kind> manifest_operation_kinds();
std::span<const Kind> paths_kinds();
std::span<const Kind> v2025_codec_kinds();
std::span<const Kind> v2025_group_kinds();
std::span<const Kind> v2025_operation_kinds();

/// The checker of a kind, or null.
Checker find_checker(std::string_view kind);

}  // namespace attache::vectors
