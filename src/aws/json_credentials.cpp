#include "json_credentials.hpp"

#include "aws_time.hpp"

namespace attache {
namespace {

tl::unexpected<Error> incomplete(const std::string& source, std::string_view what) {
  return fail(ErrorCode::kService, "the credentials from " + source + " have " + std::string(what),
              "check what answers there: see the AWS documentation of this source for the format");
}

}  // namespace

Result<Credentials> credentials_of(const JsonObject& document, std::string_view token_name, Expiry expiry,
                                   const std::string& source) {
  Credentials credentials;
  credentials.access_key_id = document.text("AccessKeyId");
  credentials.secret_access_key = document.text("SecretAccessKey");
  credentials.session_token = document.text(token_name);
  credentials.account_id = document.text("AccountId");
  if (credentials.access_key_id.empty()) return incomplete(source, "no AccessKeyId");
  if (credentials.secret_access_key.empty()) return incomplete(source, "no SecretAccessKey");
  const std::string expiration = document.text("Expiration");
  if (expiration.empty()) {
    if (expiry == Expiry::kRequired) return incomplete(source, "no Expiration");
    return credentials;
  }
  const auto expires = parse_aws_time(expiration);
  if (!expires) return incomplete(source, "an Expiration that is no time with a zone");
  credentials.expires = *expires;
  return credentials;
}

}  // namespace attache
