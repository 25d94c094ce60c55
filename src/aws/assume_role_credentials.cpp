#include "assume_role_credentials.hpp"

#include <attache/base/text.hpp>

namespace attache {

Result<Credentials> AssumeRoleCredentials::source_credentials(const std::stop_token& stop) {
  auto credentials = source_->get(stop);
  if (credentials || credentials.error().code() != ErrorCode::kUnauthenticated) return credentials;
  return fail(ErrorCode::kPermissionDenied, describe() + " cannot be assumed: " + credentials.error().message(),
              credentials.error().remedy().empty() ? "give its source credentials" : credentials.error().remedy());
}

Result<Credentials> AssumeRoleCredentials::get(std::stop_token stop) {
  for (bool is_first = true;; is_first = false) {
    ATTACHE_ASSIGN(const Credentials source, source_credentials(stop));
    StsReply reply = sts_.assume_role(role_, source, stop);
    if (reply.credentials || !reply.source_expired || !is_first) return std::move(reply.credentials);
    source_->discard(source);
  }
}

std::string AssumeRoleCredentials::describe() const {
  return "role '" + printable(role_.role_arn) + "' of profile '" + printable(profile_) + "'";
}

}  // namespace attache
