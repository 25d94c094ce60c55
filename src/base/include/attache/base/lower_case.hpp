#pragma once

#include <string>
#include <string_view>

namespace attache {

/// A WTF-8 text in lower case, for comparing names as Windows file systems do: every character by its Unicode 14.0
/// lower case, independent of locale and neighbours (U+0130 becomes `i` and U+0307). All small sigmas are the same
/// (U+03C2 becomes U+03C3), as they are for those file systems; a context rule for the final one is not applied. Bytes
/// that are not WTF-8 stay as they are. Idempotent. Thread-safe.
std::string lower_case(std::string_view text);

}  // namespace attache
