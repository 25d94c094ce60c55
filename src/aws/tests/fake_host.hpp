#pragma once

#include <attache/aws/aws_settings.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace attache::testing {

/// A user at /home/me with these variables, and these texts in ~/.aws/config and ~/.aws/credentials.
inline AwsHost fake_host(std::map<std::string, std::string, std::less<>> variables, std::string config = "",
                         std::string credentials = "") {
  AwsHost host;
  host.environment = environment_of(std::move(variables));
  host.home = "/home/me";
  host.read_file = [config = std::move(config), credentials = std::move(credentials)](
                       const std::string& path) -> Result<std::optional<std::string>> {
    if (path == "/home/me/.aws/config" && !config.empty()) return config;
    if (path == "/home/me/.aws/credentials" && !credentials.empty()) return credentials;
    return std::nullopt;
  };
  return host;
}

inline AwsSettings resolved(const AwsOptions& options, const AwsHost& host) {
  auto settings = resolve_aws_settings(options, host);
  EXPECT_TRUE(settings) << settings.error().to_string();
  return settings ? *std::move(settings) : AwsSettings{};
}

}  // namespace attache::testing
