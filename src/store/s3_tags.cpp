#include "s3_tags.hpp"

#include <attache/http/url.hpp>

#include "s3_documents.hpp"

#include <utility>

namespace attache {

namespace {

S3Request tagging_request(const S3ObjectName& name, S3Action action, HttpMethod method) {
  S3Request request;
  request.action = action;
  request.method = method;
  request.key = name.full_key;
  request.subject = name.full_key;
  request.query = {{"tagging", ""}};
  return request;
}

bool is_absent(const S3Reply& reply) {
  return reply.response.status == 404 && reply.error.code != "NoSuchBucket";
}

}  // namespace

std::string s3_tagging_header(const S3Tags& tags) {
  return encode_query(QueryParameters(tags.begin(), tags.end()));
}

Result<std::optional<S3Tags>> s3_get_tags(S3Client& client, const S3ObjectName& name, const std::stop_token& stop) {
  const S3Request request = tagging_request(name, S3Action::kGetTags, HttpMethod::kGet);
  ATTACHE_ASSIGN(const S3Reply reply, client.execute(request, stop));
  if (reply.error.code == "NoSuchTagSet") return S3Tags{};  // older servers, where an object has no tags
  if (is_absent(reply)) return std::nullopt;
  if (!reply.ok()) return fail(client.error(request, reply));
  Result<S3Tags> tags = parse_s3_tags(reply.response.body);
  if (!tags) return fail(tags.error().within(failed_action(S3Action::kGetTags, client.bucket(), name.full_key)));
  return *std::move(tags);
}

Result<bool> s3_set_tags(S3Client& client, S3ChecksumChoice& choice, const S3ObjectName& name, const S3Tags& tags,
                         const std::stop_token& stop) {
  const std::string document = s3_tagging_document(tags);
  const std::span<const std::byte> body = std::as_bytes(std::span(document));
  S3Request request;
  const auto send = [&](S3Checksum checksum) {
    request = tagging_request(name, S3Action::kPutTags, HttpMethod::kPut);
    request.headers.set("content-type", "application/xml");
    request.body = body;
    protect_body(request, checksum, s3_crc(checksum, body));
    return client.execute(request, stop);
  };
  ATTACHE_ASSIGN(const ChecksummedReply sent, send_with_checksum(choice, send));
  if (is_absent(sent.reply)) return false;
  if (!sent.reply.ok()) return fail(client.error(request, sent.reply));
  return true;
}

}  // namespace attache
