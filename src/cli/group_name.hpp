#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace attache {

/// The number of a group that the system knows by that name; nothing if it knows none.
std::optional<std::uint32_t> group_of_name(const std::string& name);

}  // namespace attache
