#include <attache/base/text.hpp>
#include <attache/store/object_rules.hpp>
#include <attache/store/s3_store.hpp>

#include "s3_client.hpp"
#include "s3_documents.hpp"
#include "s3_transfer.hpp"
#include "store_common.hpp"

#include <utility>

namespace attache {

namespace {

constexpr std::uint64_t kMinPartBytes = 5 * kMiB;  // S3's limits
constexpr std::uint64_t kMaxPartBytes = 5 * kGiB;

class S3Store final : public ObjectStore {
 public:
  S3Store(const S3StoreOptions& options, const AwsSettings& settings, S3Endpoint endpoint, HttpTransport& transport,
          CredentialsProvider& credentials, WallClock clock)
      : options_(options),
        client_(settings, std::move(endpoint), options, transport, credentials, std::move(clock)),
        budget_(options.buffer_bytes) {}

  std::string root_uri() const override { return "s3://" + options_.bucket + "/" + options_.prefix; }

  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, name_of(key));
    return s3_head(client_, name, stop);
  }

  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, name_of(key));
    ATTACHE_TRY(check_object_metadata(key, options.metadata));
    if (stop.stop_requested()) return cancelled();
    return s3_upload({client_, options_, budget_}, name, source, options, stop);
  }

  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, name_of(key));
    if (stop.stop_requested()) return cancelled();
    return s3_download({client_, options_, budget_}, name, sink, options, stop);
  }

  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    ATTACHE_TRY(check_list_options(options));
    const std::string root = options_.prefix + "/";
    S3Request request;
    request.action = S3Action::kList;
    request.method = HttpMethod::kGet;
    request.subject = root + std::string(prefix);
    // Encoded keys, because XML 1.0 has no way to write a control character.
    request.query = {{"list-type", "2"},
                     {"encoding-type", "url"},
                     {"prefix", request.subject},
                     {"max-keys", std::to_string(options.max_keys)}};
    if (!options.start_after.empty()) request.query.emplace_back("start-after", root + options.start_after);
    ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, std::move(stop)));
    if (!reply.ok()) return fail(client_.error(request, reply));
    const std::string context = failed_action(S3Action::kList, options_.bucket, request.subject);
    Result<ListPage> page = parse_s3_list(reply.response.body);
    if (!page) return fail(page.error().within(context));
    for (ObjectInfo& object : page->objects) {
      const bool is_wanted = object.key.starts_with(request.subject) &&
                             std::string_view(object.key).substr(root.size()) > options.start_after;
      if (!is_wanted) {
        return fail(ErrorCode::kService, context + ": the service listed '" + printable(object.key) + "' with it",
                    "check that the endpoint is a current S3 service; paging over its answers would lose keys");
      }
      object.key.erase(0, root.size());
    }
    return page;
  }

  Status remove(std::string_view key, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, name_of(key));
    S3Request request;
    request.action = S3Action::kDelete;
    request.method = HttpMethod::kDelete;
    request.key = name.full_key;
    request.subject = name.full_key;
    ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, std::move(stop)));
    if (reply.ok() || reply.error.code == "NoSuchKey") return {};
    return fail(client_.error(request, reply));
  }

  Status make_durable(std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    return {};
  }

 private:
  Result<S3ObjectName> name_of(std::string_view key) const {
    ATTACHE_TRY(check_object_key(key));
    std::string full_key = options_.prefix + "/" + std::string(key);
    if (full_key.size() > kMaxObjectKeyBytes) {
      return fail(ErrorCode::kInvalidArgument,
                  "object key '" + printable(full_key) + "' has " + std::to_string(full_key.size()) +
                      " bytes, more than the " + std::to_string(kMaxObjectKeyBytes) + " that S3 allows",
                  "use a shorter prefix or manifest path");
    }
    std::string object_uri = uri(key);
    return S3ObjectName{std::string(key), std::move(full_key), std::move(object_uri)};
  }

  const S3StoreOptions options_;
  S3Client client_;
  ByteBudget budget_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> make_s3_store(const S3StoreOptions& options, const AwsSettings& settings,
                                                   HttpTransport& transport, CredentialsProvider& credentials,
                                                   WallClock clock) {
  if (options.prefix.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the store in bucket '" + printable(options.bucket) + "' has no prefix",
                "write s3://bucket/prefix");
  }
  if (options.part_bytes < kMinPartBytes || options.part_bytes > kMaxPartBytes || options.parts_in_flight == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "parts of " + human_size(options.part_bytes) + ", " + std::to_string(options.parts_in_flight) +
                    " at a time, cannot be sent to S3",
                "choose 5 MiB to 5 GiB and at least one at a time");
  }
  ATTACHE_ASSIGN(S3Endpoint endpoint, S3Endpoint::make(settings, options.bucket));
  return std::make_unique<S3Store>(options, settings, std::move(endpoint), transport, credentials, std::move(clock));
}

}  // namespace attache
