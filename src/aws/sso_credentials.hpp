#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include "source_context.hpp"
#include "sso_token.hpp"

#include <memory>
#include <string>

namespace attache {

/// The role of an account, given by IAM Identity Center (once "AWS SSO") to who has logged in with `aws sso login`.
class SsoCredentials final : public CredentialsProvider {
 public:
  SsoCredentials(const SourceContext& context, SsoSession session, std::string account_id, std::string role_name)
      : context_(context),
        session_(session),
        token_(context, std::move(session)),
        account_id_(std::move(account_id)),
        role_name_(std::move(role_name)) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  Result<Credentials> read(const HttpResponse& response) const;
  Error refusal(const HttpResponse& response, const std::string& token) const;

  const SourceContext& context_;
  SsoSession session_;
  SsoToken token_;
  std::string account_id_;
  std::string role_name_;
};

/// The provider of a profile that names sso_account_id or sso_role_name; null for one that names neither. Settings that
/// are missing or contradict each other are kInvalidArgument.
Result<std::unique_ptr<CredentialsProvider>> make_sso_credentials(const SourceContext& context,
                                                                  const std::string& profile);

}  // namespace attache
