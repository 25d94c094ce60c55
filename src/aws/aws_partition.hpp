#pragma once

#include <string>
#include <string_view>

namespace attache {

/// A part of AWS with host names and identities of its own.
struct AwsPartition {
  std::string_view id;                 ///< "aws", "aws-cn", "aws-us-gov", ...
  std::string_view suffix;             ///< "amazonaws.com"
  std::string_view dual_stack_suffix;  ///< of services other than S3: "api.aws"
};

/// The partition of a region, known by the region's prefix; "aws" for one that no other partition claims, so that new
/// regions work.
const AwsPartition& aws_partition(std::string_view region);

/// True for what can be a region: one label of a host name. Anything else could send signed requests to another host.
bool is_region_name(std::string_view text);

/// The host of a service other than S3, e.g. "sts.eu-west-1.amazonaws.com". `service` is the first part of the host
/// name ("sts", "portal.sso", "oidc").
std::string aws_service_host(std::string_view service, std::string_view region, bool use_fips, bool use_dualstack);

}  // namespace attache
