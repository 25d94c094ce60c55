#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace attache {

/// A text of a service for a message: each of `secrets` of four bytes or more, plain or percent-encoded, becomes
/// `****`, what cannot be shown an escape, and what is longer than 300 bytes is cut. Services repeat what they were
/// sent in their refusals.
std::string shown_without(std::string_view text, std::initializer_list<std::string_view> secrets);

}  // namespace attache
