#pragma once

#include <attache/aws/credentials.hpp>

#include <string>

namespace attache {

/// Text that a service sent, without what it may have been given: the credentials' key, secret and token, and the value
/// of anything called a signature. Services echo headers in their errors, and errors end up in logs.
std::string without_secrets(std::string text, const Credentials& credentials);

}  // namespace attache
