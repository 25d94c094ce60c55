#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attache {

/// The n-th alternative for a file name that is taken, as conflict mode CREATE_COPY forms it (incumbent formats,
/// section 9.3): `<stem> (<n>)<suffix>`. The suffix starts at the last dot unless this is the first or last character:
/// `a.tar.gz` becomes `a.tar (1).gz`, `.bashrc` becomes `.bashrc (1)`. `name` is one component, not a path. Total.
std::string copy_name(std::string_view name, std::uint64_t n);

}  // namespace attache
