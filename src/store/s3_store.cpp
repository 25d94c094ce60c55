#include <attache/base/text.hpp>
#include <attache/store/object_rules.hpp>
#include <attache/store/s3_store.hpp>

#include "s3_batch.hpp"
#include "s3_checksum.hpp"
#include "s3_client.hpp"
#include "s3_transfer.hpp"
#include "store_common.hpp"

#include <utility>

namespace attache {

namespace {

/// Two parts, so that one is on its way while another is used.
constexpr std::uint64_t kLeastWindow = 16 * kMiB;

constexpr std::uint64_t kMinPartBytes = 5 * kMiB;  // S3's limits
constexpr std::uint64_t kMaxPartBytes = 5 * kGiB;
constexpr std::uint64_t kMaxParts = 10'000;

class S3Store final : public ObjectStore {
 public:
  S3Store(const S3StoreOptions& options, const AwsSettings& settings, S3Endpoint endpoint, HttpTransport& transport,
          CredentialsProvider& credentials, WallClock clock)
      : options_(options),
        client_(settings, std::move(endpoint), options, transport, credentials, std::move(clock)),
        budget_(options.buffer_bytes),
        checksum_(options.checksum) {}

  std::string root_uri() const override { return s3_root_uri(options_); }
  bool is_service() const override { return true; }

  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    return s3_head(client_, name, stop);
  }

  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    ATTACHE_TRY(check_object_metadata(key, options.metadata));
    ATTACHE_TRY(check_object_tags(key, options.tags));
    if (stop.stop_requested()) return cancelled();
    return s3_upload(context(), name, source, options, stop);
  }

  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    if (stop.stop_requested()) return cancelled();
    return s3_download(context(), name, sink, options, stop);
  }

  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    ATTACHE_TRY(check_copy(from, to));
    ATTACHE_ASSIGN(const S3ObjectName source, s3_object_name(options_, from));
    ATTACHE_ASSIGN(const S3ObjectName target, s3_object_name(options_, to));
    if (stop.stop_requested()) return cancelled();
    return s3_copy(context(), source, target, options, stop);
  }

  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    ATTACHE_TRY(check_list_options(options));
    return s3_list(client_, options_.prefix + "/", prefix, options, stop);
  }

  Status remove(std::string_view key, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    return s3_remove(client_, name, stop);
  }

  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    std::vector<KeyFailure> refused;
    std::vector<S3ObjectName> names;
    for (const std::string& key : keys) {
      Result<S3ObjectName> name = s3_object_name(options_, key);
      if (name) {
        names.push_back(*std::move(name));
      } else {
        refused.push_back({key, std::move(name).error()});
      }
    }
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(std::vector<KeyFailure> failures, s3_remove_all(context(), names, stop));
    failures.insert(failures.end(), refused.begin(), refused.end());
    return failures;
  }

  Status run(ObjectBatch& batch, std::stop_token stop) override { return s3_run_batch(context(), *this, batch, stop); }

  Status make_durable(std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    return {};
  }

 private:
  S3TransferContext context() { return {client_, options_, budget_, window_, checksum_}; }

  const S3StoreOptions options_;
  S3Client client_;
  ByteBudget budget_;
  FlightWindow window_{kLeastWindow};
  S3ChecksumChoice checksum_;
};

}  // namespace

std::string s3_root_uri(const S3StoreOptions& options) {
  return "s3://" + options.bucket + "/" + options.prefix;
}

Result<S3ObjectName> s3_object_name(const S3StoreOptions& options, std::string_view key) {
  ATTACHE_TRY(check_object_key(key));
  std::string full_key = options.prefix + "/" + std::string(key);
  if (full_key.size() > kMaxObjectKeyBytes) {
    return fail(ErrorCode::kInvalidArgument,
                "object key '" + printable(full_key) + "' has " + std::to_string(full_key.size()) +
                    " bytes, more than the " + std::to_string(kMaxObjectKeyBytes) + " that S3 allows",
                "use a shorter prefix or manifest path");
  }
  return S3ObjectName{std::string(key), std::move(full_key), s3_root_uri(options) + "/" + std::string(key)};
}

void s3_arrived(const FlightWindow::Flight& flight, const S3Exchange::Finished& finished) {
  if (finished.reply && finished.reply->ok()) flight.arrived(finished.took, FlightWindow::Clock::now());
}

Status check_s3_options(const S3StoreOptions& options) {
  if (options.prefix.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the store in bucket '" + printable(options.bucket) + "' has no prefix",
                "write s3://bucket/prefix");
  }
  for (const std::uint64_t bytes : {options.part_bytes, options.copy_part_bytes}) {
    if (bytes >= kMinPartBytes && bytes <= kMaxPartBytes && options.parts_in_flight > 0) continue;
    return fail(ErrorCode::kInvalidArgument,
                "parts of " + human_size(bytes) + ", " + std::to_string(options.parts_in_flight) +
                    " at a time, cannot be sent to S3",
                "choose 5 MiB to 5 GiB and at least one at a time");
  }
  if (options.multipart_threshold > kMaxPartBytes || options.max_copy_bytes > kMaxPartBytes) {
    return fail(ErrorCode::kInvalidArgument, "S3 takes at most 5 GiB in one piece",
                "choose a smaller threshold for uploads in parts");
  }
  if (options.max_object_bytes > kMaxParts * kMaxPartBytes) {
    return fail(ErrorCode::kInvalidArgument,
                "10,000 parts of 5 GiB have no more than " + std::to_string(kMaxParts * kMaxPartBytes) + " bytes",
                "choose a smaller limit for objects");
  }
  return {};
}

Result<std::unique_ptr<ObjectStore>> make_s3_store(const S3StoreOptions& options, const AwsSettings& settings,
                                                   HttpTransport& transport, CredentialsProvider& credentials,
                                                   WallClock clock) {
  ATTACHE_TRY(check_s3_options(options));
  ATTACHE_ASSIGN(S3Endpoint endpoint, S3Endpoint::make(settings, options.bucket));
  return std::make_unique<S3Store>(options, settings, std::move(endpoint), transport, credentials, std::move(clock));
}

}  // namespace attache
