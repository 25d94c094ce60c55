#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/environment.hpp>
#include <attache/base/byte_size.hpp>
#include <attache/http/request_gate.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/request_log.hpp>
#include <attache/store/retry_budget.hpp>
#include <attache/store/s3_admin.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace attache {

struct StoreAccess {
  AwsOptions options;  ///< what the caller chose; the rest comes from `host`
  AwsHost host;
  unsigned connections = 384;  ///< kept open to a service: one for each of S3StoreOptions::requests_in_flight
  std::string user_agent = "attache";
  /// For everything. A third, at most 80 MiB, is left to connections and lists; the rest is
  /// S3StoreOptions::buffer_bytes.
  std::uint64_t memory_budget = 256 * kMiB;
  /// As in S3StoreOptions. A directory has no requests; its bytes per second are limited (throttled_store.hpp).
  RateLimitOptions rate_limit;
  /// Requests at a time to S3, calls at a time to a directory; 0: as many as are useful.
  std::size_t concurrency = 0;
  std::shared_ptr<RetryBudget> retry_budget;
  std::shared_ptr<RequestCounter> counter;
  RequestLog log;
  std::optional<std::string> expected_bucket_owner;  ///< as in S3StoreOptions
  bool requester_pays = false;
};

/// The store at a URI (store_uri.hpp): a directory store, or an S3 store with a transport and credentials of its own,
/// as the user's AWS settings say. Nothing is created, and nothing is sent yet.
Result<std::unique_ptr<ObjectStore>> open_store(const std::string& uri, const StoreAccess& access);

/// What only S3 has, of the store at a URI; kInvalidArgument for a store that is not in S3.
Result<std::unique_ptr<S3Admin>> open_s3_admin(const std::string& uri, const StoreAccess& access);

/// What uploads have left behind in the store at a URI.
Result<std::unique_ptr<UploadAdmin>> open_upload_admin(const std::string& uri, const StoreAccess& access);

}  // namespace attache
