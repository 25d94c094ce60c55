#include <attache/base/byte_size.hpp>

#include "kinds.hpp"

namespace attache::vectors {

namespace {

Outcome check_human_size(const VectorCase& vector) {
  const std::optional<std::uint64_t> bytes = uint64_of(vector.input.at("bytes"));
  if (!bytes) return deviation(Deviation::kIntegerRange);
  return compare(text_of(vector.expected), human_size(*bytes));
}

constexpr Kind kKinds[] = {{"human_size", check_human_size}};

}  // namespace

std::span<const Kind> base_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
