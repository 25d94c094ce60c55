#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>

#include "source_context.hpp"

#include <optional>
#include <string>

namespace attache {

/// How the instance metadata service is reached, as environment and profile say.
struct InstanceMetadataSettings {
  bool is_disabled = false;  ///< AWS_EC2_METADATA_DISABLED
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT (ec2_metadata_service_endpoint), or what ..._ENDPOINT_MODE IPv4 or IPv6 means;
  /// without a slash at its end.
  std::string endpoint = "http://169.254.169.254";
  /// AWS_METADATA_SERVICE_TIMEOUT (metadata_service_timeout), seconds; and ..._NUM_ATTEMPTS. Where there is no such
  /// service, this is how long one waits for nothing.
  CallLimits limits = {std::chrono::milliseconds(1000), 1, std::chrono::milliseconds(100)};
};

/// kInvalidArgument naming the variable or setting that cannot be used.
Result<InstanceMetadataSettings> instance_metadata_settings(const AwsSettings& settings, const AwsHost& host);

/// The role of an EC2 instance, by the instance metadata service, version 2 (a token first; version 1, which answers to
/// whoever can make a server fetch a URL, is never used). kUnauthenticated if the service is switched off, does not
/// answer, or knows no role: most machines are no EC2 instances.
///
/// Credentials that the service should have replaced, but has not, are given out for another 17 to 25 minutes: they
/// often still work while the service is troubled.
class InstanceCredentials final : public CredentialsProvider {
 public:
  explicit InstanceCredentials(const SourceContext& context) : context_(context) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override { return "EC2 instance metadata"; }

 private:
  Result<std::string> session_token(const InstanceMetadataSettings& settings, const std::stop_token& stop) const;
  Result<std::string> read(const InstanceMetadataSettings& settings, const std::string& path, const std::string& token,
                           const std::stop_token& stop) const;
  tl::unexpected<Error> absent(const std::string& why) const;
  void extend(Credentials& credentials) const;

  const SourceContext& context_;
};

}  // namespace attache
