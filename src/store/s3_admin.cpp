#include <attache/base/text.hpp>
#include <attache/store/object_rules.hpp>
#include <attache/store/s3_admin.hpp>

#include "s3_checksum.hpp"
#include "s3_client.hpp"
#include "s3_documents.hpp"
#include "s3_multipart.hpp"
#include "s3_tags.hpp"
#include "s3_transfer.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

class Admin final : public S3Admin {
 public:
  Admin(const S3StoreOptions& options, const AwsSettings& settings, S3Endpoint endpoint, HttpTransport& transport,
        CredentialsProvider& credentials, WallClock clock)
      : options_(options),
        client_(settings, std::move(endpoint), options, transport, credentials, std::move(clock)),
        checksum_(options.checksum) {}

  std::string root_uri() const override { return s3_root_uri(options_); }

  Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& from, std::stop_token stop) override {
    const std::string root = options_.prefix + "/";
    S3Request request = bucket_request(S3Action::kListUploads, HttpMethod::kGet);
    request.subject = root + std::string(prefix);
    request.query = {{"uploads", ""}, {"encoding-type", "url"}, {"prefix", request.subject}, {"max-uploads", "1000"}};
    if (!from.key.empty()) {
      request.query.emplace_back("key-marker", root + from.key);
      request.query.emplace_back("upload-id-marker", from.id);
    }
    ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, std::move(stop)));
    if (!reply.ok()) return fail(client_.error(request, reply));
    Result<UploadPage> page = parse_s3_uploads(reply.response.body);
    if (!page) return fail(page.error().within(context(request)));
    const auto make_relative = [&](std::string& key) {
      const bool is_wanted = key.starts_with(request.subject);
      if (is_wanted) key.erase(0, root.size());
      return is_wanted;
    };
    // What lies elsewhere is somebody else's: it must not be shown, and far less aborted.
    for (UnfinishedUpload& upload : page->uploads) {
      if (!make_relative(upload.key)) return bad_answer(request, "names the upload of another key");
    }
    if (page->next) {
      if (!make_relative(page->next->key)) return bad_answer(request, "goes on with another key");
      if (page->next->key == from.key && page->next->id == from.id) return bad_answer(request, "does not go on");
    }
    return page;
  }

  Result<std::optional<PartPage>> list_parts(std::string_view key, std::string_view upload_id, std::uint32_t after,
                                             std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    return s3_list_parts(client_, name, upload_id, after, options_.checksum, stop);
  }

  Status abort_upload(std::string_view key, std::string_view upload_id, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    S3Request request = object_request(name, S3Action::kAbort, HttpMethod::kDelete);
    request.query = {{"uploadId", std::string(upload_id)}};
    ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, std::move(stop)));
    if (reply.ok() || reply.error.code == "NoSuchUpload") return {};
    return fail(client_.error(request, reply));
  }

  Result<std::optional<std::map<std::string, std::string>>> tags(std::string_view key, std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    return s3_get_tags(client_, name, stop);
  }

  Result<bool> set_tags(std::string_view key, const std::map<std::string, std::string>& tags,
                        std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3ObjectName name, s3_object_name(options_, key));
    ATTACHE_TRY(check_object_tags(key, tags));
    return s3_set_tags(client_, checksum_, name, tags, stop);
  }

  Result<std::string> bucket_region(std::stop_token stop) override {
    ATTACHE_ASSIGN(const S3Reply seen,
                   client_.execute(bucket_request(S3Action::kBucketRegion, HttpMethod::kHead), stop));
    if (const auto region = seen.response.headers.find("x-amz-bucket-region"); region && !region->empty()) {
      return std::string(*region);
    }
    S3Request request = bucket_request(S3Action::kBucketRegion, HttpMethod::kGet);
    request.query = {{"location", ""}};
    ATTACHE_ASSIGN(const S3Reply reply, client_.execute(request, std::move(stop)));
    if (!reply.ok()) return fail(client_.error(request, reply));
    Result<std::string> region = parse_s3_location(reply.response.body);
    if (!region) return fail(region.error().within(context(request)));
    return region;
  }

 private:
  static S3Request bucket_request(S3Action action, HttpMethod method) {
    S3Request request;
    request.action = action;
    request.method = method;
    return request;
  }

  static S3Request object_request(const S3ObjectName& name, S3Action action, HttpMethod method) {
    S3Request request = bucket_request(action, method);
    request.key = name.full_key;
    request.subject = name.full_key;
    return request;
  }

  std::string context(const S3Request& request) const {
    return failed_action(request.action, options_.bucket, request.subject);
  }

  tl::unexpected<Error> bad_answer(const S3Request& request, const std::string& what) const {
    return fail(ErrorCode::kService, context(request) + ": the service's answer " + what,
                "check that the endpoint is a current S3 service");
  }

  const S3StoreOptions options_;
  S3Client client_;
  S3ChecksumChoice checksum_;
};

}  // namespace

Result<std::unique_ptr<S3Admin>> make_s3_admin(const S3StoreOptions& options, const AwsSettings& settings,
                                               HttpTransport& transport, CredentialsProvider& credentials,
                                               WallClock clock) {
  ATTACHE_TRY(check_s3_options(options));
  ATTACHE_ASSIGN(S3Endpoint endpoint, S3Endpoint::make(settings, options.bucket));
  return std::make_unique<Admin>(options, settings, std::move(endpoint), transport, credentials, std::move(clock));
}

}  // namespace attache
