#include "web_identity_credentials.hpp"

#include <attache/base/text.hpp>

namespace attache {

Result<Credentials> WebIdentityCredentials::get(std::stop_token stop) {
  if (role_.role_arn.empty()) {
    return fail(ErrorCode::kInvalidArgument, describe() + " names a token file but no role",
                "set AWS_ROLE_ARN, or role_arn in the profile");
  }
  auto text = context_.host.read_file(token_file_);
  if (!text) return fail(text.error().within(describe()));
  if (!*text) {
    return fail(ErrorCode::kNotFound, describe() + ": there is no token file '" + printable(token_file_) + "'",
                "check AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file");
  }
  // A line break at the end is an editor's; a token has none.
  const auto end = (*text)->find_last_not_of(" \t\r\n");
  if (end == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, describe() + ": the token file '" + printable(token_file_) + "' is empty",
                "let the identity provider write it");
  }
  return sts_.assume_role_with_web_identity(role_, (*text)->substr(0, end + 1), std::move(stop));
}

}  // namespace attache
