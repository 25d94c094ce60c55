#include "aws_partition.hpp"

#include <algorithm>
#include <array>

namespace attache {
namespace {

struct Prefix {
  std::string_view prefix;
  AwsPartition partition;
};

constexpr std::array kPartitions = {
    Prefix{"cn-", {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"}},
    Prefix{"us-gov-", {"aws-us-gov", "amazonaws.com", "api.aws"}},
    Prefix{"us-iso-", {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"}},
    Prefix{"us-isob-", {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"}},
    Prefix{"eu-isoe-", {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"}},
    Prefix{"us-isof-", {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}},
    Prefix{"eusc-", {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"}},
};
constexpr AwsPartition kAws = {"aws", "amazonaws.com", "api.aws"};

}  // namespace

const AwsPartition& aws_partition(std::string_view region) {
  for (const Prefix& entry : kPartitions) {
    if (region.starts_with(entry.prefix)) return entry.partition;
  }
  return kAws;
}

bool is_region_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::string aws_service_host(std::string_view service, std::string_view region, bool use_fips, bool use_dualstack) {
  const AwsPartition& partition = aws_partition(region);
  std::string host(service);
  // All hosts of GovCloud are FIPS hosts; their names do not say so.
  if (use_fips && (use_dualstack || partition.id != "aws-us-gov")) host += "-fips";
  host.append(".").append(region).append(".");
  return host.append(use_dualstack ? partition.dual_stack_suffix : partition.suffix);
}

}  // namespace attache
