#pragma once

#include <attache/aws/credentials.hpp>

#include "source_context.hpp"

#include <atomic>
#include <string>

namespace attache {

/// The access key in a profile of one of the two files. The first get() takes what the settings have read; each further
/// one reads the file again, because it comes when those keys were refused: other programs renew them in place. Half of
/// a key pair is kInvalidArgument.
class ProfileKeys final : public CredentialsProvider {
 public:
  ProfileKeys(const SourceContext& context, std::string profile, ProfileFileKind kind)
      : context_(context), profile_(std::move(profile)), kind_(kind) {}

  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  const std::string& path() const;

  const SourceContext& context_;
  std::string profile_;
  ProfileFileKind kind_;
  std::atomic<bool> was_read_{false};
};

}  // namespace attache
