#include "profile_sources.hpp"

#include <attache/aws/refreshing_credentials.hpp>
#include <attache/base/number.hpp>
#include <attache/base/text.hpp>

#include "assume_role_credentials.hpp"
#include "container_credentials.hpp"
#include "error_credentials.hpp"
#include "instance_credentials.hpp"
#include "process_credentials.hpp"
#include "profile_keys.hpp"
#include "sso_credentials.hpp"
#include "web_identity_credentials.hpp"

#include <algorithm>

namespace attache {
namespace {

using Provider = std::unique_ptr<CredentialsProvider>;

std::string quoted(const std::string& profile) {
  return "profile '" + printable(profile) + "'";
}

/// The remedy for what only the AWS CLI can do.
std::string export_remedy(const std::string& profile) {
  return "run `aws configure export-credentials --profile " + printable(profile) +
         " --format env` and set the variables that it prints";
}

/// A path of the settings, in which `~` is the home directory.
std::string expanded(const SourceContext& context, const std::string& path) {
  return path.starts_with("~/") ? context.host.home + path.substr(1) : path;
}

class RoleBuilder {
 public:
  explicit RoleBuilder(const SourceContext& context) : context_(context) {}

  bool names_role(const std::string& profile) const {
    return !value(profile, "role_arn").empty() && value(profile, "web_identity_token_file").empty();
  }

  Result<Provider> build(const std::string& profile) {
    visited_.push_back(profile);
    RoleRequest role;
    role.role_arn = value(profile, "role_arn");
    role.session_name = value(profile, "role_session_name");
    role.external_id = value(profile, "external_id");
    ATTACHE_ASSIGN(role.duration_seconds, duration(profile));
    if (!value(profile, "mfa_serial").empty()) {
      return fail(ErrorCode::kUnsupported,
                  quoted(profile) + " wants the code of a device (mfa_serial), for which there is nobody to ask",
                  export_remedy(profile));
    }
    ATTACHE_ASSIGN(Provider source, source_of(profile));
    // A role that other roles are assumed with is kept until it expires, too.
    auto kept = std::make_unique<RefreshingCredentials>(std::move(source), context_.clock);
    return std::make_unique<AssumeRoleCredentials>(context_, profile, std::move(role), std::move(kept));
  }

 private:
  std::string value(const std::string& profile, std::string_view name) const {
    return context_.settings.profiles.find(profile, name).value_or("");
  }

  bool has_keys(const std::string& profile) const {
    return !value(profile, "aws_access_key_id").empty() || !value(profile, "aws_secret_access_key").empty();
  }

  static tl::unexpected<Error> bad(const std::string& profile, const std::string& what, const std::string& remedy) {
    return fail(ErrorCode::kInvalidArgument, quoted(profile) + " " + what, remedy);
  }

  Result<std::optional<int>> duration(const std::string& profile) const {
    const std::string text = value(profile, "duration_seconds");
    if (text.empty()) return std::nullopt;
    const auto seconds = parse_number<int>(text);
    if (!seconds || *seconds < 900 || *seconds > 43'200) {
      return bad(profile, "has a duration_seconds that AWS does not take", "set it to a number from 900 to 43200");
    }
    return seconds;
  }

  Result<Provider> source_of(const std::string& profile) {
    const std::string named = value(profile, "credential_source");
    const std::string source = value(profile, "source_profile");
    if (!named.empty() && !source.empty()) {
      return bad(profile, "has both source_profile and credential_source", "remove one of them");
    }
    if (!named.empty()) return named_source(profile, named);
    if (source.empty()) {
      return bad(profile, "has a role_arn, but neither source_profile nor credential_source",
                 "say whose credentials may assume the role");
    }
    return profile_source(profile, source);
  }

  Result<Provider> named_source(const std::string& profile, const std::string& name) const {
    if (name == "Environment") return std::make_unique<EnvironmentCredentials>(context_.host.environment);
    if (name == "EcsContainer") return std::make_unique<ContainerCredentials>(context_);
    if (name == "Ec2InstanceMetadata") return std::make_unique<InstanceCredentials>(context_);
    return bad(profile, "has the unknown credential_source '" + printable(name) + "'",
               "set it to Environment, EcsContainer or Ec2InstanceMetadata");
  }

  Result<Provider> profile_source(const std::string& profile, const std::string& source) {
    if (!context_.settings.profiles.profiles.contains(source)) {
      return bad(profile, "names the source_profile '" + printable(source) + "', which does not exist",
                 "create it, or name another one");
    }
    // A profile may name itself, if it has keys: then these assume its role.
    const bool is_known = std::find(visited_.begin(), visited_.end(), source) != visited_.end();
    if (is_known && (source != profile || !has_keys(source))) {
      std::string path;
      for (const std::string& name : visited_) path += printable(name) + " -> ";
      return bad(profile, "closes a circle of source profiles: " + path + printable(source),
                 "let the last of them have credentials of its own");
    }
    if (names_role(source) && !has_keys(source)) return build(source);
    return std::make_unique<CredentialsChain>(make_profile_sources(context_, source, UseEnvironment::kNo));
  }

  const SourceContext& context_;
  std::vector<std::string> visited_;
};

Provider web_identity(const SourceContext& context, const std::string& profile, UseEnvironment use_environment) {
  bool from_environment = false;
  const auto setting = [&](std::string_view variable, std::string_view name) {
    if (use_environment == UseEnvironment::kYes) {
      if (auto value = non_empty(context.host.environment, variable)) {
        from_environment = true;
        return *std::move(value);
      }
    }
    return context.settings.profiles.find(profile, name).value_or("");
  };
  const std::string file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (file.empty()) return nullptr;
  const std::string origin = from_environment ? "AWS_WEB_IDENTITY_TOKEN_FILE" : quoted(profile);
  RoleRequest role;
  role.role_arn = setting("AWS_ROLE_ARN", "role_arn");
  role.session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
  return std::make_unique<WebIdentityCredentials>(context, std::move(role), expanded(context, file), origin);
}

Provider sso(const SourceContext& context, const std::string& profile) {
  auto made = make_sso_credentials(context, profile);
  if (made) return *std::move(made);
  return std::make_unique<ErrorCredentials>(made.error(), "IAM Identity Center of " + quoted(profile));
}

}  // namespace

Provider make_role_source(const SourceContext& context, const std::string& profile) {
  RoleBuilder builder(context);
  if (!builder.names_role(profile)) return nullptr;
  auto role = builder.build(profile);
  if (role) return *std::move(role);
  return std::make_unique<ErrorCredentials>(role.error(), "role of " + quoted(profile));
}

Sources make_profile_sources(const SourceContext& context, const std::string& profile, UseEnvironment environment) {
  Sources sources;
  const auto add = [&](Provider source) {
    if (source) sources.push_back(std::move(source));
  };
  const auto value = [&](std::string_view name) { return context.settings.profiles.find(profile, name).value_or(""); };
  add(web_identity(context, profile, environment));
  add(sso(context, profile));
  add(std::make_unique<ProfileKeys>(context, profile, ProfileFileKind::kCredentials));
  if (!value("login_session").empty()) {
    const Error error(ErrorCode::kUnsupported,
                      quoted(profile) +
                          " takes its credentials from a console login (login_session), which only the "
                          "AWS CLI can use",
                      export_remedy(profile));
    add(std::make_unique<ErrorCredentials>(error, "console login of " + quoted(profile)));
  }
  if (!value("credential_process").empty()) {
    add(std::make_unique<ProcessCredentials>(context, profile, value("credential_process"), value("aws_account_id")));
  }
  add(std::make_unique<ProfileKeys>(context, profile, ProfileFileKind::kConfig));
  return sources;
}

}  // namespace attache
