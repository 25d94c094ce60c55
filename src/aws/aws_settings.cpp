#include <attache/aws/aws_settings.hpp>
#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "aws_partition.hpp"

#include <algorithm>
#include <array>

namespace attache {
namespace {

/// A value and where it came from, for messages.
struct Sourced {
  std::string value;
  std::string source;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

class Resolver {
 public:
  Resolver(const AwsOptions& options, const AwsHost& host) : host_(host) { settings_.options = options; }

  Result<AwsSettings> resolve() {
    ATTACHE_TRY(read_files());
    ATTACHE_TRY(choose_profile());
    ATTACHE_TRY(choose_region());
    ATTACHE_TRY(choose_endpoints());
    ATTACHE_TRY(choose_addressing());
    ATTACHE_ASSIGN(settings_.use_fips, flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
    ATTACHE_ASSIGN(settings_.use_dualstack, flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
    ATTACHE_ASSIGN(settings_.s3_use_dualstack, flag({}, "s3.use_dualstack_endpoint"));
    ATTACHE_ASSIGN(settings_.use_accelerate, flag({}, "s3.use_accelerate_endpoint"));
    ATTACHE_ASSIGN(settings_.request_checksums,
                   checksum_mode("AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation"));
    ATTACHE_ASSIGN(settings_.response_checksums,
                   checksum_mode("AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation"));
    ATTACHE_TRY(choose_sts_mode());
    settings_.ca_bundle = first({}, {"AWS_CA_BUNDLE"}, "ca_bundle").value;
    return std::move(settings_);
  }

 private:
  std::string expand_home(const std::string& path) const {
    if (path.empty() || path.front() != '~' || (path.size() > 1 && path[1] != '/')) return path;
    return host_.home + path.substr(1);
  }

  std::string file_path(std::string_view variable, std::string_view default_name) const {
    const auto path = non_empty(host_.environment, variable);
    if (path) return expand_home(*path);
    return host_.home.empty() ? std::string() : host_.home + "/.aws/" + std::string(default_name);
  }

  Result<ProfileFile> read_profiles(const std::string& path, ProfileFileKind kind) const {
    if (path.empty()) return ProfileFile{};
    ATTACHE_ASSIGN(const std::optional<std::string> text, host_.read_file(path));
    if (!text) return ProfileFile{};
    return parse_profile_file(*text, path, kind);
  }

  Status read_files() {
    settings_.config_file = file_path("AWS_CONFIG_FILE", "config");
    settings_.credentials_file = file_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    ATTACHE_ASSIGN(settings_.config_profiles, read_profiles(settings_.config_file, ProfileFileKind::kConfig));
    ATTACHE_ASSIGN(settings_.credentials_profiles,
                   read_profiles(settings_.credentials_file, ProfileFileKind::kCredentials));
    settings_.profiles = settings_.config_profiles;
    settings_.profiles.merge(settings_.credentials_profiles);  // a key in the credentials file wins
    return {};
  }

  Status choose_profile() {
    const Sourced chosen =
        first({settings_.options.profile, "the profile option"}, {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}, {});
    if (chosen.value.empty()) return {};
    settings_.profile = chosen.value;
    if (settings_.profiles.profiles.contains(chosen.value)) return {};
    std::string known;
    for (const auto& [name, values] : settings_.profiles.profiles) {
      known += (known.empty() ? "" : ", ") + printable(name);
    }
    return fail(
        ErrorCode::kNotFound, "there is no AWS profile '" + printable(chosen.value) + "', named by " + chosen.source,
        known.empty() ? "create it with `aws configure --profile NAME`; no profile was found in '" +
                            printable(settings_.config_file) + "' or '" + printable(settings_.credentials_file) + "'"
                      : "choose one of: " + known);
  }

  /// The first that is there: option, environment variables, profile setting.
  Sourced first(Sourced option, std::initializer_list<std::string_view> variables, std::string_view setting) const {
    if (!option.value.empty()) return option;
    for (const std::string_view variable : variables) {
      if (auto value = non_empty(host_.environment, variable)) return {*std::move(value), std::string(variable)};
    }
    if (auto value = setting.empty() ? std::nullopt : profile_setting(setting)) {
      return {*std::move(value), "profile '" + printable(settings_.profile) + "'"};
    }
    return {};
  }

  std::optional<std::string> profile_setting(std::string_view name) const {
    return settings_.profiles.find(settings_.profile, name);
  }

  Result<bool> flag(std::string_view variable, std::string_view setting) const {
    const Sourced chosen = variable.empty() ? first({}, {}, setting) : first({}, {variable}, setting);
    const std::string value = lower(chosen.value);
    if (value.empty() || value == "false") return false;
    if (value == "true") return true;
    return fail(ErrorCode::kInvalidArgument,
                "'" + printable(value) + "' in " + chosen.source + " is no value for " + std::string(setting),
                "set it to true or false");
  }

  Result<ChecksumMode> checksum_mode(std::string_view variable, std::string_view setting) const {
    const Sourced chosen = first({}, {variable}, setting);
    const std::string value = lower(chosen.value);
    if (value.empty() || value == "when_supported") return ChecksumMode::kWhenSupported;
    if (value == "when_required") return ChecksumMode::kWhenRequired;
    return fail(ErrorCode::kInvalidArgument,
                "'" + printable(chosen.value) + "' in " + chosen.source + " is no value for " + std::string(setting),
                "set it to when_supported or when_required");
  }

  Status choose_sts_mode() {
    const Sourced chosen = first({}, {"AWS_STS_REGIONAL_ENDPOINTS"}, "sts_regional_endpoints");
    const std::string value = lower(chosen.value);
    if (!value.empty() && value != "regional" && value != "legacy") {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + printable(chosen.value) + "' in " + chosen.source + " is no value for sts_regional_endpoints",
                  "set it to regional or legacy");
    }
    settings_.sts_regional = value != "legacy";
    return {};
  }

  Status choose_region() {
    const Sourced chosen =
        first({settings_.options.region, "the region option"}, {"AWS_REGION", "AWS_DEFAULT_REGION"}, "region");
    if (chosen.value.empty()) return {};
    if (!is_region_name(chosen.value)) {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + printable(chosen.value) + "' from " + chosen.source + " is not an AWS region",
                  "use a name like eu-west-1");
    }
    settings_.region = chosen.value;
    settings_.region_is_default = false;
    return {};
  }

  Status choose_endpoints() {
    settings_.endpoint_url = settings_.options.endpoint_url;
    ATTACHE_TRY(check_endpoint({settings_.endpoint_url, "the endpoint option"}));
    ATTACHE_ASSIGN(const bool ignored, flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
    if (ignored) return {};
    const std::array<ServiceEndpoint, 4> services = {
        {{"AWS_ENDPOINT_URL_S3", "s3", &settings_.endpoint_url},
         {"AWS_ENDPOINT_URL_STS", "sts", &settings_.sts_endpoint_url},
         {"AWS_ENDPOINT_URL_SSO", "sso", &settings_.sso_endpoint_url},
         {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc", &settings_.sso_oidc_endpoint_url}}};
    for (const ServiceEndpoint& service : services) {
      if (!service.target->empty()) continue;
      ATTACHE_ASSIGN(const Sourced chosen, configured_endpoint(service));
      ATTACHE_TRY(check_endpoint(chosen));
      *service.target = chosen.value;
    }
    return {};
  }

  static Status check_endpoint(const Sourced& chosen) {
    if (chosen.value.empty()) return {};
    const auto url = parse_url(chosen.value);
    if (!url) return fail(url.error().within("endpoint from " + chosen.source));
    if (!url->query.empty()) {
      return fail(ErrorCode::kInvalidArgument, "the endpoint URL from " + chosen.source + " has a query",
                  "remove everything from the question mark on");
    }
    return {};
  }

  struct ServiceEndpoint {
    std::string_view variable;
    std::string_view id;
    std::string* target;
  };

  Result<Sourced> configured_endpoint(const ServiceEndpoint& service) const {
    Sourced variable = first({}, {service.variable, "AWS_ENDPOINT_URL"}, {});
    if (!variable.value.empty()) return variable;
    if (const auto name = profile_setting("services")) {
      const auto services = settings_.profiles.services.find(*name);
      // Never AWS instead: a request must not go elsewhere for a name that was mistyped.
      if (services == settings_.profiles.services.end()) {
        return fail(ErrorCode::kInvalidArgument,
                    "profile '" + printable(settings_.profile) + "' names the services '" + printable(*name) +
                        "', which do not exist",
                    "write a section [services " + printable(*name) + "] in '" + printable(settings_.config_file) +
                        "', or remove the setting");
      }
      const auto url = services->second.find(std::string(service.id) + ".endpoint_url");
      if (url != services->second.end() && !url->second.empty()) {
        return Sourced{url->second, "services '" + printable(*name) + "'"};
      }
    }
    return first({}, {}, "endpoint_url");
  }

  Status choose_addressing() {
    const Sourced chosen = first({}, {}, "s3.addressing_style");
    if (chosen.value.empty() || chosen.value == "auto") return {};
    if (chosen.value == "path") {
      settings_.addressing = S3Addressing::kPath;
    } else if (chosen.value == "virtual") {
      settings_.addressing = S3Addressing::kVirtualHost;
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + printable(chosen.value) + "' in " + chosen.source + " is no value for s3 addressing_style",
                  "set it to auto, path or virtual");
    }
    return {};
  }

  const AwsHost& host_;
  AwsSettings settings_;
};

}  // namespace

Result<AwsSettings> resolve_aws_settings(const AwsOptions& options, const AwsHost& host) {
  return Resolver(options, host).resolve();
}

}  // namespace attache
