#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/http/testing/fake_transport.hpp>
#include <attache/http/url.hpp>
#include <attache/store/s3_store.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace attache::testing {

/// A small S3 with one bucket, for a FakeTransport: HEAD, GET with ranges and conditions, PUT, DELETE, DeleteObjects,
/// ListObjectsV2, CopyObject, tags, multipart uploads and their lists, the bucket's region. It refuses what S3 would
/// refuse of requests like ours: no signature, a payload hash or CRC that is not that of the body, parts that are
/// missing from a completion or differ from what was sent, a whole that has another CRC than it says. It gives CRCs
/// where S3 does. Thread-safe.
class FakeS3 {
 public:
  static constexpr std::string_view kBucket = "farm-bucket";
  static constexpr std::string_view kAccount = "123456789012";

  /// What to answer instead, or nothing. `count` is how many requests came before.
  using Intercept = std::function<std::optional<Result<HttpResponse>>(const SeenRequest& request, std::size_t count,
                                                                      const std::stop_token& stop)>;

  FakeS3();

  FakeTransport& transport() { return transport_; }
  StaticCredentials& credentials() { return credentials_; }
  /// With a custom endpoint, over plain HTTP (payloads are signed) or not.
  static AwsSettings settings(bool is_tls = false);
  /// Bucket set, prefix "root", the smallest parts (5 MiB, so that tests are quick), retries without long waits.
  static S3StoreOptions store_options();
  /// A store with these options; fails the program if it cannot be made.
  std::unique_ptr<ObjectStore> store(const S3StoreOptions& options = store_options(), bool is_tls = false);

  void intercept(Intercept intercept);
  /// Answers a request as over transport(), for servers and transports that bring requests in other ways.
  Result<HttpResponse> handle(const SeenRequest& request, const std::stop_token& stop) { return answer(request, stop); }
  /// Ignores `encoding-type`, as old servers do.
  void ignore_encoding_type();

  /// Stores an object under its full key, as if by a request.
  void add(const std::string& key, std::string content);
  /// Refuses requests with other checksums than `greatest` and those before it, as servers do that do not know them.
  void refuse_checksums_above(S3Checksum greatest, int status = 501, std::string code = "NotImplemented");
  /// Passes over x-amz-checksum-type, as servers do that compare parts only.
  void ignore_checksum_type();
  /// A CopyObject of more is refused.
  void limit_copies(std::size_t bytes);
  /// From now on the key cannot be removed: DeleteObjects gives this code for it, DELETE 403.
  void protect(const std::string& full_key, const std::string& code = "AccessDenied");

  /// Full key and content of everything stored.
  std::map<std::string, std::string> objects() const;
  /// Of a stored object, by full key; the query form that x-amz-tagging has.
  std::string tags(const std::string& full_key) const;
  /// Headers with which an object was stored, those that stay.
  HttpHeaders headers(const std::string& full_key) const;
  /// Uploads that were neither completed nor aborted.
  std::size_t unfinished_uploads() const;

  /// An error document.
  static HttpResponse error(int status, std::string_view code, std::string_view message = "said the fake",
                            std::string_view more = {});

 private:
  struct Object {
    std::string content;
    std::string etag;
    HttpHeaders headers;
    std::string tags;
    HttpHeaders checksum;  ///< as GET and HEAD give it when they are asked to
  };
  struct Upload {
    std::string key;
    HttpHeaders headers;
    std::map<int, Object> parts;
    S3Checksum checksum = S3Checksum::kNone;
    bool is_full_object = false;
  };
  struct Parsed;

  Result<HttpResponse> answer(const SeenRequest& request, const std::stop_token& stop);
  std::optional<HttpResponse> refuse(const SeenRequest& request) const;
  HttpResponse get(const SeenRequest& request, const Parsed& parsed) const;
  HttpResponse put(const SeenRequest& request, const Parsed& parsed);
  HttpResponse put_part(const SeenRequest& request, const Parsed& parsed);
  HttpResponse complete(const SeenRequest& request, const Parsed& parsed);
  HttpResponse create_upload(const SeenRequest& request, const Parsed& parsed);
  HttpResponse list(const Parsed& parsed) const;
  HttpResponse get_document(const Parsed& parsed) const;
  HttpResponse list_uploads(const Parsed& parsed) const;
  HttpResponse list_parts(const Parsed& parsed) const;
  HttpResponse get_tags(const Parsed& parsed) const;
  HttpResponse put_tags(const SeenRequest& request, const Parsed& parsed);
  HttpResponse copy(const SeenRequest& request, const Parsed& parsed);
  HttpResponse remove_many(const SeenRequest& request);
  HttpResponse head_bucket() const;
  Object& store_object(const std::string& key, std::string content, const HttpHeaders& headers);

  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;  // guarded by mutex_, as all below
  std::map<std::string, Upload> uploads_;
  std::size_t requests_ = 0;
  std::size_t versions_ = 0;
  bool knows_encoding_type_ = true;
  bool knows_checksum_type_ = true;
  S3Checksum greatest_checksum_ = S3Checksum::kCrc64Nvme;
  int checksum_refusal_status_ = 501;
  std::string checksum_refusal_;
  std::size_t copy_limit_ = ~std::size_t{0};
  std::map<std::string, std::string> protected_;
  Intercept intercept_;

  StaticCredentials credentials_;
  FakeTransport transport_;  // last: its thread uses the rest
};

}  // namespace attache::testing
