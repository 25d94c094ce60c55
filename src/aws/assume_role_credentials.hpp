#pragma once

#include <attache/aws/credentials.hpp>

#include "source_context.hpp"
#include "sts_client.hpp"

#include <memory>
#include <string>

namespace attache {

/// The role of a profile, assumed with other credentials. If these have expired before they said they would, they are
/// fetched anew, once. A source without credentials is an error, never a reason to ask the next member of a chain.
class AssumeRoleCredentials final : public CredentialsProvider {
 public:
  AssumeRoleCredentials(const SourceContext& context, std::string profile, RoleRequest role,
                        std::unique_ptr<CredentialsProvider> source)
      : sts_(context), profile_(std::move(profile)), role_(std::move(role)), source_(std::move(source)) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  Result<Credentials> source_credentials(const std::stop_token& stop);

  StsClient sts_;
  std::string profile_;
  RoleRequest role_;
  std::unique_ptr<CredentialsProvider> source_;
};

}  // namespace attache
