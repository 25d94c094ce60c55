#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include <string>
#include <string_view>

namespace attache {

/// Credentials that are there in whole, not at all (kUnauthenticated), or in half (kInvalidArgument, with the names of
/// the two halves).
Result<Credentials> checked_key_pair(Credentials credentials, const std::string& source, std::string_view id_name,
                                     std::string_view secret_name);

}  // namespace attache
