#pragma once

#include <attache/aws/credentials.hpp>

#include "source_context.hpp"

#include <string>

namespace attache {

/// What a profile's credential_process prints: {"Version": 1, "AccessKeyId", "SecretAccessKey", "SessionToken",
/// "Expiration", "AccountId"}, the last three optional. The command is run without a shell. Neither its arguments nor
/// anything that it prints gets into a message.
class ProcessCredentials final : public CredentialsProvider {
 public:
  ProcessCredentials(const SourceContext& context, std::string profile, std::string command, std::string account_id)
      : context_(context),
        profile_(std::move(profile)),
        command_(std::move(command)),
        account_id_(std::move(account_id)) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  const SourceContext& context_;
  std::string profile_;
  std::string command_;
  std::string account_id_;  ///< aws_account_id of the profile, if the program names none
};

}  // namespace attache
