#include "s3_multipart.hpp"

#include <attache/base/text.hpp>

#include "store_common.hpp"

#include <utility>

namespace attache {

namespace {

/// How long a failed upload waits for its abort. On cancelling a person waits: a round trip, no more.
constexpr std::chrono::milliseconds kAbortWait{5'000};
constexpr std::chrono::milliseconds kAbortWaitCancelled{150};

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
  is_adopted_ = false;
  // Servers that know checksums of parts only pass over the type; they would compare the whole object's with something
  // else.
  is_full_object_ = checksum_ != S3Checksum::kNone &&
                    sent.reply.response.headers.find("x-amz-checksum-type").value_or("") == kFullObject;
  ATTACHE_ASSIGN(id_, parse_s3_upload_id(sent.reply.response.body));
  return {};
}

bool S3Multipart::adopt(const UnfinishedPut& put) {
  S3Checksum checksum = S3Checksum::kNone;
  for (const S3Checksum known : {S3Checksum::kCrc32c, S3Checksum::kCrc64Nvme}) {
    if (put.checksum == s3_checksum_name(known)) checksum = known;
  }
  if (put.upload_id.empty() || (checksum == S3Checksum::kNone && !put.checksum.empty())) return false;
  id_ = put.upload_id;
  checksum_ = checksum;
  is_full_object_ = put.has_whole_checksum;
  is_adopted_ = true;
  return true;
}

UnfinishedPut S3Multipart::describe(std::uint64_t size, std::uint64_t part_bytes) const {
  return {.upload_id = id_,
          .size = size,
          .part_bytes = part_bytes,
          .checksum = checksum_ == S3Checksum::kNone ? std::string() : std::string(s3_checksum_name(checksum_)),
          .has_whole_checksum = is_full_object_};
}

Result<std::optional<std::map<std::uint32_t, UploadPart>>> S3Multipart::parts() const {
  std::map<std::uint32_t, UploadPart> all;
  for (std::uint32_t after = 0;;) {
    ATTACHE_ASSIGN(std::optional<PartPage> page, s3_list_parts(context_.client, name_, id_, after, checksum_, stop_));
    if (!page) return std::nullopt;
    for (UploadPart& part : page->parts) all.emplace(part.number, std::move(part));
    if (!page->next) return all;
    after = *page->next;
  }
}

S3Request S3Multipart::part(std::size_t number) const {
  return s3_put_request(name_, HttpMethod::kPut, {{"partNumber", std::to_string(number)}, {"uploadId", id_}});
}

Result<std::optional<PartPage>> s3_list_parts(S3Client& client, const S3ObjectName& name, std::string_view upload_id,
                                              std::uint32_t after, S3Checksum checksum, const std::stop_token& stop) {
  S3Request request;
  request.action = S3Action::kListParts;
  request.method = HttpMethod::kGet;
  request.key = name.full_key;
  request.subject = name.full_key;
  request.query = {{"uploadId", std::string(upload_id)}, {"max-parts", "1000"}};
  if (after > 0) request.query.emplace_back("part-number-marker", std::to_string(after));
  ATTACHE_ASSIGN(const S3Reply reply, client.execute(request, stop));
  if (reply.error.code == "NoSuchUpload") return std::nullopt;
  if (!reply.ok()) return fail(client.error(request, reply));
  Result<PartPage> page = parse_s3_parts(reply.response.body, checksum);
  if (!page) return fail(page.error().within("the parts of " + printable(name.uri)));
  const bool goes_on = !page->next || (!page->parts.empty() && *page->next >= page->parts.back().number);
  if (!goes_on || (!page->parts.empty() && page->parts.front().number <= after)) {
    return fail(ErrorCode::kService, "the service's list of the parts of " + printable(name.uri) + " does not go on",
                "check that the endpoint is a current S3 service");
  }
  return *std::move(page);
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
  if ((reply.attempts > 1 || is_adopted_) && reply.error.code == "NoSuchUpload") {
    // The answer to the first try was lost, and some servers forget an upload once it is complete. Or somebody else
    // went on with the same upload, which is of the same content.
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
