#include <attache/aws/s3_endpoint.hpp>
#include <attache/base/text.hpp>

#include "aws_partition.hpp"

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

bool is_wildcard_safe(std::string_view bucket) {
  // AWS's wildcard certificate does not cover a bucket with dots.
  return is_host_name(bucket) && bucket.find('.') == std::string_view::npos;
}

bool is_accelerate_host(std::string_view host) {
  return host == "s3-accelerate.amazonaws.com" || host == "s3-accelerate.dualstack.amazonaws.com";
}

tl::unexpected<Error> refuse(std::string message, std::string remedy) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), std::move(remedy));
}

/// The combinations that AWS has no endpoint for, by its own rules.
Status check_combination(const AwsSettings& settings, std::string_view bucket) {
  const bool custom = !settings.endpoint_url.empty();
  if (settings.use_accelerate && settings.use_fips) {
    return refuse("S3 Transfer Acceleration has no FIPS endpoint",
                  "remove use_accelerate_endpoint from the profile, or AWS_USE_FIPS_ENDPOINT (use_fips_endpoint)");
  }
  if (settings.use_accelerate && custom) {
    return refuse("S3 Transfer Acceleration cannot be used with a custom endpoint",
                  "remove use_accelerate_endpoint from the profile, or the endpoint URL");
  }
  if (custom) return {};
  const std::string_view partition = aws_partition(settings.region).id;
  if (settings.use_fips && partition == "aws-cn") {
    return refuse("region " + printable(settings.region) + " has no FIPS endpoints",
                  "remove AWS_USE_FIPS_ENDPOINT (use_fips_endpoint), or choose a region outside of China");
  }
  if (bucket.ends_with("--x-s3")) {
    return fail(ErrorCode::kUnsupported, "bucket '" + printable(bucket) + "' is a directory bucket of S3 Express",
                "use a general purpose bucket");
  }
  if (!settings.use_accelerate) return {};
  if (partition == "aws-cn") {
    return refuse("S3 Transfer Acceleration is not available in region " + printable(settings.region),
                  "remove use_accelerate_endpoint from the profile");
  }
  if (settings.addressing == S3Addressing::kPath || !is_wildcard_safe(bucket)) {
    return refuse(
        "S3 Transfer Acceleration needs the bucket in the host name, where '" + printable(bucket) + "' is not put",
        "remove use_accelerate_endpoint, or addressing_style = path, from the profile; a bucket with dots or "
        "capital letters cannot be accelerated");
  }
  return {};
}

std::string accelerate_host(std::string_view region, bool use_dualstack) {
  return std::string("s3-accelerate.") + (use_dualstack ? "dualstack." : "") +
         std::string(aws_partition(region).suffix);
}

}  // namespace

std::string default_s3_host(std::string_view region, bool use_fips, bool use_dualstack) {
  std::string host = use_fips ? "s3-fips" : "s3";
  if (use_dualstack) host += ".dualstack";
  return host.append(".").append(region).append(".").append(aws_partition(region).suffix);
}

Result<S3Endpoint> S3Endpoint::make(const AwsSettings& settings, std::string_view bucket) {
  if (!is_bucket_name(bucket)) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(bucket) + "' is not the name of an S3 bucket",
                "use letters, digits, dots, hyphens and underscores, as in s3://my-bucket/prefix");
  }
  ATTACHE_TRY(check_combination(settings, bucket));
  S3Endpoint endpoint;
  endpoint.bucket_ = bucket;
  endpoint.region_ = settings.region;
  const bool custom = !settings.endpoint_url.empty();
  std::string url = settings.endpoint_url;
  if (!custom) {
    const bool use_dualstack = settings.use_dualstack || settings.s3_use_dualstack;
    url = "https://" + (settings.use_accelerate ? accelerate_host(settings.region, use_dualstack)
                                                : default_s3_host(settings.region, settings.use_fips, use_dualstack));
  }
  ATTACHE_ASSIGN(endpoint.base_, parse_url(url));
  while (endpoint.base_.path.ends_with('/')) endpoint.base_.path.pop_back();

  endpoint.addressing_ = settings.addressing;
  if (settings.addressing == S3Addressing::kAuto) {
    // Servers elsewhere than on AWS rarely have names for buckets.
    const bool virtual_host = (!custom || is_accelerate_host(endpoint.base_.host)) && is_wildcard_safe(bucket);
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
