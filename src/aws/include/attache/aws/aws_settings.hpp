#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/aws/environment.hpp>
#include <attache/aws/profile_file.hpp>
#include <attache/base/result.hpp>

#include <optional>
#include <string>

namespace attache {

/// What a caller chose explicitly; empty: not chosen. Wins over environment and files.
struct AwsOptions {
  std::string profile;
  std::string region;
  std::string endpoint_url;
  Credentials credentials;
};

/// How a bucket is named in a URL.
enum class S3Addressing {
  kAuto,         ///< path style for a custom endpoint and for buckets that are no DNS label, otherwise virtual-hosted
  kPath,         ///< https://host/bucket/key
  kVirtualHost,  ///< https://bucket.host/key
};

/// When checksums are sent and compared.
enum class ChecksumMode {
  kWhenSupported,  ///< wherever the service can
  kWhenRequired,   ///< only where it must be: for servers that do not know them
};

/// Everything about AWS that is read from options, environment and files, resolved once.
struct AwsSettings {
  AwsOptions options;
  std::string profile = "default";  ///< option, AWS_PROFILE (AWS_DEFAULT_PROFILE), "default"
  std::string region =
      "us-east-1";                ///< option, AWS_REGION, AWS_DEFAULT_REGION, profile; else this, as boto3 does for S3
  bool region_is_default = true;  ///< nobody named a region
  /// Custom S3 endpoint: option, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, `services` of the profile, its endpoint_url.
  /// Those of the environment and the files are ignored if AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or
  /// ignore_configured_endpoint_urls is true. Empty: AWS's endpoint of the region.
  std::string endpoint_url;
  S3Addressing addressing = S3Addressing::kAuto;  ///< `s3.addressing_style` of the profile
  bool use_fips = false;                          ///< AWS_USE_FIPS_ENDPOINT, use_fips_endpoint
  bool use_dualstack = false;                     ///< AWS_USE_DUALSTACK_ENDPOINT, use_dualstack_endpoint
  bool s3_use_dualstack = false;                  ///< `s3.use_dualstack_endpoint`: the same for S3 alone
  bool use_accelerate = false;                    ///< `s3.use_accelerate_endpoint`
  /// AWS_REQUEST_CHECKSUM_CALCULATION, request_checksum_calculation
  ChecksumMode request_checksums = ChecksumMode::kWhenSupported;
  /// AWS_RESPONSE_CHECKSUM_VALIDATION, response_checksum_validation
  ChecksumMode response_checksums = ChecksumMode::kWhenSupported;
  /// Endpoints of the services that give credentials, chosen like that of S3 (AWS_ENDPOINT_URL_STS, ..._SSO,
  /// ..._SSO_OIDC, AWS_ENDPOINT_URL, services, endpoint_url), but never by the endpoint option. Empty: AWS's own.
  std::string sts_endpoint_url;
  std::string sso_endpoint_url;
  std::string sso_oidc_endpoint_url;
  /// AWS_STS_REGIONAL_ENDPOINTS, sts_regional_endpoints: false if "legacy", for STS's global endpoint.
  bool sts_regional = true;
  std::string ca_bundle;         ///< AWS_CA_BUNDLE, ca_bundle of the profile; for HttpTransportOptions::ca_bundle
  ProfileFile profiles;          ///< both files; holds secrets
  std::string config_file;       ///< AWS_CONFIG_FILE, ~/.aws/config
  std::string credentials_file;  ///< AWS_SHARED_CREDENTIALS_FILE, ~/.aws/credentials
  /// What each file alone says: keys in the credentials file come before a credential_process, those in the config file
  /// after it.
  ProfileFile config_profiles;
  ProfileFile credentials_profiles;
};

/// Reads both files and resolves. A profile that an option or AWS_PROFILE names must exist (kNotFound, with the
/// names of those that do). An endpoint URL or region that cannot be one is kInvalidArgument naming where it came from.
Result<AwsSettings> resolve_aws_settings(const AwsOptions& options, const AwsHost& host);

}  // namespace attache
