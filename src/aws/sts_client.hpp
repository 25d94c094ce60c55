#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include "source_context.hpp"

#include <optional>
#include <stop_token>
#include <string>

namespace attache {

/// Whom to become.
struct RoleRequest {
  std::string role_arn;
  std::string session_name;  ///< empty: "attache-" and the time
  std::string external_id;   ///< not for web identities
  std::optional<int> duration_seconds;
};

struct StsReply {
  Result<Credentials> credentials;
  bool source_expired = false;  ///< refused because the credentials that signed have expired
};

/// Calls of the Security Token Service, at its endpoint of the settings' region, or the global one if the settings say
/// so. Tried again after passing failures. Refusals are kPermissionDenied with what the service said, without secrets.
class StsClient {
 public:
  explicit StsClient(const SourceContext& context) : context_(context) {}

  /// AssumeRole, signed by `source`.
  StsReply assume_role(const RoleRequest& role, const Credentials& source, std::stop_token stop) const;
  /// AssumeRoleWithWebIdentity, which is not signed: the token speaks for itself.
  Result<Credentials> assume_role_with_web_identity(const RoleRequest& role, const std::string& token,
                                                    std::stop_token stop) const;

 private:
  struct Endpoint {
    std::string url;
    std::string signing_region;
  };
  Endpoint endpoint() const;
  std::string session_name(const RoleRequest& role) const;

  const SourceContext& context_;
};

}  // namespace attache
