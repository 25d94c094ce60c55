#include <attache/aws/s3_endpoint.hpp>
#include <attache/base/text.hpp>

#include <algorithm>

namespace attache {
namespace {

bool is_lower_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// The names that S3 ever gave to buckets; ARNs of access points and anything that could leave the path are not.
bool is_bucket_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.find_first_not_of('.') != std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
         });
}

/// Labels of lower-case letters, digits and inner hyphens, joined by dots, and no IPv4 address.
bool is_host_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (name.find_first_not_of("0123456789.") == std::string_view::npos) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool edge = i == 0 || i + 1 == name.size() || name[i - 1] == '.' || name[i + 1] == '.';
    if (!is_lower_alphanumeric(name[i]) && (edge || (name[i] != '-' && name[i] != '.'))) return false;
  }
  return true;
}

std::string_view partition_suffix(std::string_view region) {
  if (region.starts_with("cn-")) return "amazonaws.com.cn";
  if (region.starts_with("us-iso-")) return "c2s.ic.gov";
  if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
  if (region.starts_with("eusc-")) return "amazonaws.eu";
  return "amazonaws.com";
}

}  // namespace

std::string default_s3_host(std::string_view region, bool use_fips, bool use_dualstack) {
  std::string host = use_fips ? "s3-fips" : "s3";
  if (use_dualstack) host += ".dualstack";
  return host.append(".").append(region).append(".").append(partition_suffix(region));
}

Result<S3Endpoint> S3Endpoint::make(const AwsSettings& settings, std::string_view bucket) {
  if (!is_bucket_name(bucket)) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(bucket) + "' is not the name of an S3 bucket",
                "use letters, digits, dots, hyphens and underscores, as in s3://my-bucket/prefix");
  }
  S3Endpoint endpoint;
  endpoint.bucket_ = bucket;
  endpoint.region_ = settings.region;
  const bool custom = !settings.endpoint_url.empty();
  ATTACHE_ASSIGN(endpoint.base_, parse_url(custom ? settings.endpoint_url
                                                  : "https://" + default_s3_host(settings.region, settings.use_fips,
                                                                                 settings.use_dualstack)));
  while (endpoint.base_.path.ends_with('/')) endpoint.base_.path.pop_back();

  endpoint.addressing_ = settings.addressing;
  if (settings.addressing == S3Addressing::kAuto) {
    // AWS's wildcard certificate does not cover a bucket with dots; servers elsewhere rarely have names for buckets.
    const bool virtual_host = !custom && is_host_name(bucket) && bucket.find('.') == std::string_view::npos;
    endpoint.addressing_ = virtual_host ? S3Addressing::kVirtualHost : S3Addressing::kPath;
  }
  if (endpoint.addressing_ == S3Addressing::kPath) {
    endpoint.base_.path += "/" + endpoint.bucket_;
    return endpoint;
  }
  const std::string& host = endpoint.base_.host;
  const bool is_address =
      host.find(':') != std::string::npos || host.find_first_not_of("0123456789.") == std::string::npos;
  if (!is_host_name(bucket) || is_address) {
    return fail(ErrorCode::kInvalidArgument,
                "bucket '" + printable(bucket) + "' cannot be part of a host name at " + host,
                "remove addressing_style = virtual from the profile, or set it to path");
  }
  endpoint.base_.host = endpoint.bucket_ + "." + host;
  return endpoint;
}

std::string S3Endpoint::host() const {
  return base_.authority();
}

std::string S3Endpoint::path(std::string_view key) const {
  if (key.empty()) return base_.path.empty() ? "/" : base_.path;
  return base_.path + "/" + percent_encode(key, Slash::kKeep);
}

std::string S3Endpoint::url(std::string_view key, const QueryParameters& query) const {
  std::string result = base_.scheme + "://" + host() + path(key);
  if (!query.empty()) result += "?" + encode_query(query);
  return result;
}

}  // namespace attache
