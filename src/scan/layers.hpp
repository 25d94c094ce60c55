#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/operations.hpp>

#include <array>
#include <optional>
#include <utility>

namespace attache {

/// Both together; where both have something, `over` counts.
template <typename M>
Result<M> laid_over(const M& under, const M& over) {
  const std::array<const M*, 2> layers{&under, &over};
  Result<std::optional<M>> united = compose(layers);
  if (!united) return fail(std::move(united).error());
  if (!united->has_value()) return M{};  // there are layers
  return std::move(**united);
}

}  // namespace attache
