#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/base/result.hpp>
#include <attache/http/url.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// Where a bucket is. Immutable value.
class S3Endpoint {
 public:
  /// kInvalidArgument for a bucket name outside `[A-Za-z0-9._-]{1,255}` or of dots only, for forced virtual-hosted
  /// addressing of a bucket whose name is no host name, and for what AWS has no endpoint for: acceleration together
  /// with FIPS, with a custom endpoint, in China, in path style or for a bucket with dots; FIPS in China. kUnsupported
  /// for a directory bucket (`--x-s3`) on AWS. A custom endpoint is taken as it is, whatever the FIPS and dual-stack
  /// settings say, as the AWS CLI does it.
  static Result<S3Endpoint> make(const AwsSettings& settings, std::string_view bucket);

  const std::string& bucket() const { return bucket_; }
  const std::string& region() const { return region_; }
  S3Addressing addressing() const { return addressing_; }  ///< never kAuto
  bool is_tls() const { return base_.scheme == "https"; }

  /// Value of the Host header, as the transport sends it: the port only if it is not the scheme's own.
  std::string host() const;
  /// The path of a key as it is sent and signed: every byte but `A-Za-z0-9-._~/` percent-encoded. An empty key is the
  /// bucket itself (LIST). Nothing is normalised: `a//b` and `../b` are keys like any other.
  std::string path(std::string_view key) const;
  /// The URL of a key with a query (unencoded names and values), in the canonical order of signatures.
  std::string url(std::string_view key, const QueryParameters& query = {}) const;

 private:
  S3Endpoint() = default;
  std::string bucket_;
  std::string region_;
  S3Addressing addressing_ = S3Addressing::kPath;
  Url base_;  ///< path without a slash at its end; with the bucket in host or path
};

/// The host of AWS's own S3 endpoint of a region, e.g. "s3.eu-west-1.amazonaws.com".
std::string default_s3_host(std::string_view region, bool use_fips, bool use_dualstack);

}  // namespace attache
