#include <attache/aws/credentials.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/open_store.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/store_uri.hpp>

#include <utility>
#include <variant>

namespace attache {

namespace {

/// An S3 store together with what it stands on.
class OwningStore final : public ObjectStore {
 public:
  OwningStore(std::unique_ptr<HttpTransport> transport, std::unique_ptr<CredentialsProvider> credentials,
              std::unique_ptr<ObjectStore> store)
      : transport_(std::move(transport)), credentials_(std::move(credentials)), store_(std::move(store)) {}

  std::string root_uri() const override { return store_->root_uri(); }
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
  Status make_durable(std::stop_token stop) override { return store_->make_durable(std::move(stop)); }

 private:
  // Destroyed in reverse: the store first.
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<CredentialsProvider> credentials_;
  std::unique_ptr<ObjectStore> store_;
};

Result<std::unique_ptr<ObjectStore>> open_s3(const S3Location& location, const StoreAccess& access) {
  ATTACHE_ASSIGN(const AwsSettings settings, resolve_aws_settings(access.options, access.host));
  HttpTransportOptions transport_options;
  transport_options.ca_bundle = settings.ca_bundle;
  transport_options.user_agent = access.user_agent;
  transport_options.max_connections = static_cast<int>(access.connections);
  auto transport = make_curl_transport(transport_options);
  auto credentials = make_credentials_chain(settings, access.host);
  S3StoreOptions options;
  options.bucket = location.bucket;
  options.prefix = location.prefix;
  options.rate_limit = access.rate_limit;
  options.retry_budget = access.retry_budget;
  options.counter = access.counter;
  options.log = access.log;
  ATTACHE_ASSIGN(auto store, make_s3_store(options, settings, *transport, *credentials));
  return std::make_unique<OwningStore>(std::move(transport), std::move(credentials), std::move(store));
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_store(const std::string& uri, const StoreAccess& access) {
  ATTACHE_ASSIGN(const StoreLocation location, parse_store_uri(uri));
  if (const auto* s3 = std::get_if<S3Location>(&location)) return open_s3(*s3, access);
  return make_directory_store({.path = std::get<DirectoryLocation>(location).path});
}

}  // namespace attache
