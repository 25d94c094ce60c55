#pragma once

#include <attache/aws/credentials.hpp>

#include "source_context.hpp"
#include "sts_client.hpp"

#include <string>

namespace attache {

/// A role assumed with the token in a file, as Kubernetes and CI systems write it. The file is read anew each time.
class WebIdentityCredentials final : public CredentialsProvider {
 public:
  /// `origin` is where role and file were named, for messages.
  WebIdentityCredentials(const SourceContext& context, RoleRequest role, std::string token_file, std::string origin)
      : context_(context),
        sts_(context),
        role_(std::move(role)),
        token_file_(std::move(token_file)),
        origin_(std::move(origin)) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override { return "web identity of " + origin_; }

 private:
  const SourceContext& context_;
  StsClient sts_;
  RoleRequest role_;
  std::string token_file_;
  std::string origin_;
};

}  // namespace attache
