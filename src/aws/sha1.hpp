#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>

namespace attache {

/// SHA-1 as 40 lower-case hex digits: how the AWS CLI names the files of its token cache. kUnsupported if OpenSSL was
/// set up without it. For nothing that needs to be secure.
Result<std::string> sha1_hex(std::string_view data);

}  // namespace attache
