#include <attache/aws/credentials.hpp>
#include <attache/base/text.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/open_store.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/store_uri.hpp>
#include <attache/store/throttled_store.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace attache {

namespace {

/// Of a memory budget: 384 connections with their buffers, and what is known of each file.
constexpr std::uint64_t kOverhead = 80 * kMiB;

/// What everything in S3 stands on.
struct S3Connection {
  AwsSettings settings;
  std::unique_ptr<HttpTransport> transport;
  std::unique_ptr<CredentialsProvider> credentials;
  S3StoreOptions options;
};

/// The gate is what keeps it; the widths of single calls follow, so that no call holds memory for what has to wait.
void limit_concurrency(S3StoreOptions& options, std::size_t most) {
  options.concurrency.most = most;
  options.requests_in_flight = std::min(options.requests_in_flight, most);
  options.parts_in_flight = std::min(options.parts_in_flight, most);
}

Result<S3Connection> connect(const S3Location& location, const StoreAccess& access) {
  S3Connection connection;
  ATTACHE_ASSIGN(connection.settings, resolve_aws_settings(access.options, access.host));
  HttpTransportOptions transport_options;
  transport_options.ca_bundle = connection.settings.ca_bundle;
  transport_options.user_agent = access.user_agent;
  const std::size_t connections =
      access.concurrency == 0 ? access.connections : std::min<std::size_t>(access.connections, access.concurrency);
  transport_options.max_connections = static_cast<int>(connections);
  connection.transport = make_curl_transport(transport_options);
  connection.credentials = make_credentials_chain(connection.settings, access.host);
  connection.options.bucket = location.bucket;
  connection.options.prefix = location.prefix;
  // Who asked AWS's tools for no checksums has a server that does not know them; bodies are signed then.
  if (connection.settings.request_checksums == ChecksumMode::kWhenRequired) {
    connection.options.checksum = S3Checksum::kNone;
  }
  connection.options.buffer_bytes = access.memory_budget - std::min(access.memory_budget / 3, kOverhead);
  connection.options.rate_limit = access.rate_limit;
  if (access.concurrency != 0) limit_concurrency(connection.options, access.concurrency);
  connection.options.retry_budget = access.retry_budget;
  connection.options.counter = access.counter;
  connection.options.log = access.log;
  connection.options.expected_bucket_owner = access.expected_bucket_owner;
  connection.options.requester_pays = access.requester_pays;
  return connection;
}

/// An S3 store together with what it stands on.
class OwningStore final : public ObjectStore {
 public:
  OwningStore(S3Connection connection, std::unique_ptr<ObjectStore> store)
      : connection_(std::move(connection)), store_(std::move(store)) {}

  std::string root_uri() const override { return store_->root_uri(); }
  bool is_service() const override { return store_->is_service(); }
  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    return store_->head(key, std::move(stop));
  }
  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    return store_->put(key, source, options, std::move(stop));
  }
  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    return store_->get(key, sink, options, std::move(stop));
  }
  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    return store_->list(prefix, options, std::move(stop));
  }
  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    return store_->copy(from, to, options, std::move(stop));
  }
  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    return store_->remove_all(keys, std::move(stop));
  }
  Status remove(std::string_view key, std::stop_token stop) override { return store_->remove(key, std::move(stop)); }
  Status run(ObjectBatch& batch, std::stop_token stop) override { return store_->run(batch, std::move(stop)); }
  Status make_durable(std::stop_token stop) override { return store_->make_durable(std::move(stop)); }

 private:
  // Destroyed in reverse: the store first.
  S3Connection connection_;
  std::unique_ptr<ObjectStore> store_;
};

/// The same of its administration.
class OwningAdmin final : public S3Admin {
 public:
  OwningAdmin(S3Connection connection, std::unique_ptr<S3Admin> admin)
      : connection_(std::move(connection)), admin_(std::move(admin)) {}

  std::string root_uri() const override { return admin_->root_uri(); }
  Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& from, std::stop_token stop) override {
    return admin_->list_uploads(prefix, from, std::move(stop));
  }
  Result<std::optional<PartPage>> list_parts(std::string_view key, std::string_view upload_id, std::uint32_t after,
                                             std::stop_token stop) override {
    return admin_->list_parts(key, upload_id, after, std::move(stop));
  }
  Status abort_upload(std::string_view key, std::string_view upload_id, std::stop_token stop) override {
    return admin_->abort_upload(key, upload_id, std::move(stop));
  }
  Result<std::optional<std::map<std::string, std::string>>> tags(std::string_view key, std::stop_token stop) override {
    return admin_->tags(key, std::move(stop));
  }
  Result<bool> set_tags(std::string_view key, const std::map<std::string, std::string>& tags,
                        std::stop_token stop) override {
    return admin_->set_tags(key, tags, std::move(stop));
  }
  Result<std::string> bucket_region(std::stop_token stop) override { return admin_->bucket_region(std::move(stop)); }

 private:
  S3Connection connection_;
  std::unique_ptr<S3Admin> admin_;
};

Result<std::unique_ptr<ObjectStore>> open_s3(const S3Location& location, const StoreAccess& access) {
  ATTACHE_ASSIGN(S3Connection s3, connect(location, access));
  ATTACHE_ASSIGN(auto store, make_s3_store(s3.options, s3.settings, *s3.transport, *s3.credentials));
  return std::make_unique<OwningStore>(std::move(s3), std::move(store));
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_store(const std::string& uri, const StoreAccess& access) {
  ATTACHE_ASSIGN(const StoreLocation location, parse_store_uri(uri));
  if (const auto* s3 = std::get_if<S3Location>(&location)) return open_s3(*s3, access);
  auto directory = make_directory_store({.path = std::get<DirectoryLocation>(location).path});
  const double rate = access.rate_limit.bytes_per_second;
  if (rate <= 0 && access.concurrency == 0) return directory;
  return make_throttled_store(std::move(directory), {.bytes_per_second = rate, .concurrency = access.concurrency});
}

Result<std::unique_ptr<S3Admin>> open_s3_admin(const std::string& uri, const StoreAccess& access) {
  ATTACHE_ASSIGN(const StoreLocation location, parse_store_uri(uri));
  const auto* s3_location = std::get_if<S3Location>(&location);
  if (s3_location == nullptr) {
    return fail(ErrorCode::kInvalidArgument, printable(to_uri(location)) + " is a directory, not in S3",
                "name a store with s3://bucket/prefix");
  }
  ATTACHE_ASSIGN(S3Connection s3, connect(*s3_location, access));
  ATTACHE_ASSIGN(auto admin, make_s3_admin(s3.options, s3.settings, *s3.transport, *s3.credentials));
  return std::make_unique<OwningAdmin>(std::move(s3), std::move(admin));
}

Result<std::unique_ptr<UploadAdmin>> open_upload_admin(const std::string& uri, const StoreAccess& access) {
  ATTACHE_ASSIGN(const StoreLocation location, parse_store_uri(uri));
  if (const auto* directory = std::get_if<DirectoryLocation>(&location)) {
    return make_directory_upload_admin({.path = directory->path});
  }
  ATTACHE_ASSIGN(std::unique_ptr<UploadAdmin> admin, open_s3_admin(uri, access));
  return admin;
}

}  // namespace attache
