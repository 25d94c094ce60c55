#include "s3_multipart.hpp"

#include <attache/base/text.hpp>

#include "store_common.hpp"

#include <utility>

namespace attache {

namespace {

/// How long a failed upload waits for its abort. On cancelling a person waits: a round trip, no more.
constexpr std::chrono::milliseconds kAbortWait{5'000};
constexpr std::chrono::milliseconds kAbortWaitCancelled{200};

constexpr const char* kFullObject = "FULL_OBJECT";

}  // namespace

S3Request s3_put_request(const S3ObjectName& name, HttpMethod method, QueryParameters query) {
  S3Request request;
  request.action = S3Action::kPut;
  request.method = method;
  request.key = name.full_key;
  request.subject = name.full_key;
  request.query = std::move(query);
  return request;
}

Status S3Multipart::create(const HttpHeaders& headers, bool with_checksums) {
  S3Request request;
  const auto send = [&](S3Checksum checksum) {
    request = s3_put_request(name_, HttpMethod::kPost, {{"uploads", ""}});
    request.headers = headers;
    if (checksum != S3Checksum::kNone) {
      request.headers.set("x-amz-checksum-algorithm", std::string(s3_checksum_name(checksum)));
      request.headers.set("x-amz-checksum-type", kFullObject);
    }
    return context_.client.execute(request, stop_);
  };
  S3ChecksumChoice none(S3Checksum::kNone);
  ATTACHE_ASSIGN(const ChecksummedReply sent, send_with_checksum(with_checksums ? context_.checksum : none, send));
  if (!sent.reply.ok()) return fail(context_.client.error(request, sent.reply));
  checksum_ = sent.checksum;
  // Servers that know checksums of parts only pass over the type; they would compare the whole object's with something
  // else.
  is_full_object_ = checksum_ != S3Checksum::kNone &&
                    sent.reply.response.headers.find("x-amz-checksum-type").value_or("") == kFullObject;
  ATTACHE_ASSIGN(id_, parse_s3_upload_id(sent.reply.response.body));
  return {};
}

S3Request S3Multipart::part(std::size_t number) const {
  return s3_put_request(name_, HttpMethod::kPut, {{"partNumber", std::to_string(number)}, {"uploadId", id_}});
}

Status S3Multipart::complete(const Completion& completion) {
  if (stop_.stop_requested()) return cancelled();
  const std::string document = s3_complete_document(completion.parts, checksum_);
  S3Request request = s3_put_request(name_, HttpMethod::kPost, {{"uploadId", id_}});
  request.headers.add("content-type", "application/xml");
  if (is_full_object_) {
    request.headers.add(std::string(s3_checksum_field(checksum_)), s3_checksum_text(checksum_, completion.crc));
    request.headers.add("x-amz-checksum-type", kFullObject);
    request.headers.add("x-amz-mp-object-size", std::to_string(completion.bytes));
  }
  if (completion.only_if_absent) request.headers.add("if-none-match", "*");
  request.body = std::as_bytes(std::span(document));
  request.stall_timeout = context_.options.completion_timeout;
  request.never_resend = true;  // or NoSuchUpload could mean two things below
  ATTACHE_ASSIGN(const S3Reply reply, context_.client.execute(request, stop_));
  if (reply.ok()) return check_completed(completion, reply);
  if (reply.attempts > 1 && reply.error.code == "NoSuchUpload") {
    // The answer to the first try was lost, and some servers forget an upload once it is complete.
    ATTACHE_ASSIGN(const std::optional<ObjectInfo> stored, s3_head(context_.client, name_, stop_));
    if (stored && stored->size == completion.bytes) return {};
  }
  if (completion.only_if_absent && reply.response.status == 412) return object_exists(name_.uri);
  return fail(context_.client.error(request, reply));
}

Status S3Multipart::check_completed(const Completion& completion, const S3Reply& reply) const {
  if (reply.response.body.find("CompleteMultipartUploadResult") == std::string::npos) {
    return fail(ErrorCode::kService, "the service's answer to the end of " + printable(name_.uri) + " is no result",
                "check that the endpoint is an S3 service, and that no proxy answers in its place");
  }
  if (!is_full_object_) return {};
  return check_claim(checksum_, completion.crc, parse_s3_checksum(reply.response.body, checksum_), name_.uri);
}

void S3Multipart::abort(const Error& why) {
  S3Request request = s3_put_request(name_, HttpMethod::kDelete, {{"uploadId", id_}});
  request.action = S3Action::kAbort;
  const auto wait = why.code() == ErrorCode::kCancelled ? kAbortWaitCancelled : kAbortWait;
  S3Exchange exchange(context_.client, {}, std::chrono::steady_clock::now() + wait);
  exchange.send(std::move(request));
  static_cast<void>(exchange.wait());
}

}  // namespace attache
