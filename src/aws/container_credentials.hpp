#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include "source_context.hpp"

#include <string>

namespace attache {

/// The credentials endpoint of a container (ECS, EKS Pod Identity, Greengrass), named by
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI. kUnauthenticated if neither is set. Plain HTTP goes to
/// loopback addresses and the fixed addresses of AWS only: who answers gets the authorisation token and decides who we
/// are.
class ContainerCredentials final : public CredentialsProvider {
 public:
  /// The endpoint is on this machine: it answers soon, or is asked again.
  static constexpr CallLimits kLimits = {std::chrono::milliseconds(2000), 3, std::chrono::milliseconds(1000)};

  explicit ContainerCredentials(const SourceContext& context, CallLimits limits = kLimits)
      : context_(context), limits_(limits) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  Result<std::string> url() const;
  /// The value of the Authorization header; empty: none.
  Result<std::string> authorization() const;

  const SourceContext& context_;
  CallLimits limits_;
};

}  // namespace attache
