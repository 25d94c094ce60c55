#include <attache/aws/credentials.hpp>
#include <attache/base/text.hpp>

#include "aws_time.hpp"
#include "key_pair.hpp"

#include <ostream>

namespace attache {

Result<Credentials> checked_key_pair(Credentials credentials, const std::string& source, std::string_view id_name,
                                     std::string_view secret_name) {
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) {
    return fail(ErrorCode::kUnauthenticated,
                "no access key in " + source + " (" + std::string(id_name) + ", " + std::string(secret_name) + ")",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put keys into a profile with `aws configure`");
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    const bool id_missing = credentials.access_key_id.empty();
    return fail(ErrorCode::kInvalidArgument,
                source + " has " + std::string(id_missing ? secret_name : id_name) + " without " +
                    std::string(id_missing ? id_name : secret_name),
                "set both or none");
  }
  return credentials;
}

std::string redacted(const Credentials& credentials) {
  constexpr std::size_t kShown = 4;
  const std::string& id = credentials.access_key_id;
  return "access key ****" + (id.size() >= 2 * kShown ? printable(id.substr(id.size() - kShown)) : "");
}

void PrintTo(const Credentials& credentials, std::ostream* out) {
  *out << redacted(credentials);
}

Result<Credentials> StaticCredentials::get(std::stop_token) {
  return checked_key_pair(credentials_, describe(), "access key id", "secret access key");
}

Result<Credentials> EnvironmentCredentials::get(std::stop_token) {
  const auto value = [&](std::string_view name) { return non_empty(environment_, name).value_or(""); };
  Credentials credentials;
  credentials.access_key_id = value("AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = value("AWS_SECRET_ACCESS_KEY");
  credentials.session_token = value("AWS_SESSION_TOKEN");
  if (credentials.session_token.empty()) credentials.session_token = value("AWS_SECURITY_TOKEN");
  credentials.account_id = value("AWS_ACCOUNT_ID");
  if (const std::string expiration = value("AWS_CREDENTIAL_EXPIRATION"); !expiration.empty()) {
    const auto expires = parse_aws_time(expiration);
    if (!expires) {
      return fail(ErrorCode::kInvalidArgument, "AWS_CREDENTIAL_EXPIRATION is no time with a zone",
                  "write it as 2026-01-31T12:00:00Z, or unset it");
    }
    credentials.expires = *expires;
  }
  return checked_key_pair(std::move(credentials), "the environment", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
}

std::string EnvironmentCredentials::describe() const {
  return "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
}

}  // namespace attache
