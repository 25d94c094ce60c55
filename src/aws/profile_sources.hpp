#pragma once

#include <attache/aws/credentials.hpp>

#include "source_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace attache {

using Sources = std::vector<std::unique_ptr<CredentialsProvider>>;

enum class UseEnvironment { kYes, kNo };

/// The role that a profile names by role_arn with source_profile or credential_source, through as many profiles as it
/// takes; null if it names none. Whatever is wrong with the settings (no source, two sources, a profile that is missing
/// or comes twice, a device for a second factor) is the error of its get().
std::unique_ptr<CredentialsProvider> make_role_source(const SourceContext& context, const std::string& profile);

/// The other ways in which a profile can have credentials, in the order of the AWS CLI: web identity, IAM Identity
/// Center, keys in the credentials file, a console login, credential_process, keys in the config file. With kYes, the
/// variables of a web identity come before the profile's settings.
Sources make_profile_sources(const SourceContext& context, const std::string& profile, UseEnvironment environment);

}  // namespace attache
