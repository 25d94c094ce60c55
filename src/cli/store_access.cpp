#include "store_access.hpp"

#include <attache/base/text.hpp>
#include <attache/store/open_store.hpp>

#include "byte_count.hpp"

#include <utility>

namespace attache {

namespace {

/// Without one it is the embedded store's.
Result<std::string> uri_of(const StoreRequest& request,
                           const std::function<std::optional<std::string>(const std::string&)>& variable) {
  if (!request.uri.empty()) return request.uri;
  if (auto embedded = embedded_store_path(variable)) return *std::move(embedded);
  return fail(ErrorCode::kInvalidArgument,
              "there is no place for the embedded store: neither XDG_DATA_HOME nor HOME is set",
              "give --s3-root-uri, or set one of them");
}

}  // namespace

Result<StoreAccess> store_access_of(const StoreRequest& request,
                                    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  StoreAccess access;
  if (!request.memory_budget.empty()) {
    const std::optional<std::uint64_t> bytes = parse_byte_count(request.memory_budget);
    if (!bytes) {
      return fail(ErrorCode::kInvalidArgument,
                  "'" + printable(request.memory_budget) + "' is no size for --memory-budget",
                  "give a number of bytes, or one with a unit such as 256MiB (KiB, MiB, GiB)");
    }
    access.memory_budget = *bytes;
  }
  if (!request.limit_rate.empty()) {
    const std::optional<std::uint64_t> bytes = parse_byte_count(request.limit_rate);
    if (!bytes) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(request.limit_rate) + "' is no rate for --limit-rate",
                  "give bytes per second, or a number with a unit such as 10MiB (KiB, MiB, GiB)");
    }
    access.rate_limit.bytes_per_second = static_cast<double>(*bytes);
  }
  access.concurrency = request.concurrency;
  access.options.profile = request.profile;
  access.options.region = request.region;
  access.options.endpoint_url = request.endpoint_url;
  access.host.environment = [variable](std::string_view name) { return variable(std::string(name)); };
  access.host.home = variable("HOME").value_or("");
  access.user_agent = "attache/" ATTACHE_VERSION;
  if (!request.expected_bucket_owner.empty()) access.expected_bucket_owner = request.expected_bucket_owner;
  access.requester_pays = request.requester_pays;
  return access;
}

Result<std::unique_ptr<ObjectStore>> open_store(
    const StoreRequest& request, const std::function<std::optional<std::string>(const std::string&)>& variable) {
  ATTACHE_ASSIGN(const StoreAccess access, store_access_of(request, variable));
  ATTACHE_ASSIGN(const std::string uri, uri_of(request, variable));
  return open_store(uri, access);
}

Result<std::unique_ptr<UploadAdmin>> open_upload_admin(
    const StoreRequest& request, const std::function<std::optional<std::string>(const std::string&)>& variable) {
  ATTACHE_ASSIGN(const StoreAccess access, store_access_of(request, variable));
  ATTACHE_ASSIGN(const std::string uri, uri_of(request, variable));
  return open_upload_admin(uri, access);
}

}  // namespace attache
