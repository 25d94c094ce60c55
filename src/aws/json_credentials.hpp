#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include "json_object.hpp"

#include <string>
#include <string_view>

namespace attache {

enum class Expiry { kOptional, kRequired };

/// Credentials from a document with AccessKeyId, SecretAccessKey, `token_name`, Expiration and AccountId. kService,
/// naming `source` and the field, if a key is missing, or the expiry is unreadable or required and missing.
Result<Credentials> credentials_of(const JsonObject& document, std::string_view token_name, Expiry expiry,
                                   const std::string& source);

}  // namespace attache
