#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "s3_multipart.hpp"
#include "s3_tags.hpp"
#include "s3_transfer.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace attache {

namespace {

/// What a copy in one piece keeps beside user metadata and tags.
constexpr std::array<std::string_view, 6> kContentFields = {
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"};

class Copy {
 public:
  Copy(const S3TransferContext& context, const S3ObjectName& from, const S3ObjectName& to, const std::stop_token& stop)
      : context_(context), from_(from), to_(to), stop_(stop) {}

  Result<bool> run(const CopyOptions& options) {
    HttpHeaders headers;
    ATTACHE_ASSIGN(const std::optional<ObjectInfo> source, s3_head(context_.client, from_, stop_, &headers));
    if (!source) return false;
    ATTACHE_TRY(check_version(*source, options.if_match, from_.uri));
    if (source->size <= context_.options.max_copy_bytes) return whole(*source);
    return in_parts(*source, headers);
  }

 private:
  S3Request copying(S3Request request, const ObjectInfo& source) const {
    request.action = S3Action::kCopy;
    request.headers.set("x-amz-copy-source",
                        context_.client.bucket() + "/" + percent_encode(from_.full_key, Slash::kKeep));
    if (s3_can_match(source.etag)) request.headers.set("x-amz-copy-source-if-match", source.etag);
    return request;
  }

  Result<bool> whole(const ObjectInfo& source) {
    const S3Request request = copying(s3_put_request(to_, HttpMethod::kPut, {}), source);
    ATTACHE_ASSIGN(const S3Reply reply, context_.client.execute(request, stop_));
    if (reply.error.code == "NoSuchKey") return false;  // removed since
    if (!reply.ok()) return fail(context_.client.error(request, reply));
    ATTACHE_TRY(etag_of(reply, "CopyObjectResult"));
    return true;
  }

  Result<bool> in_parts(const ObjectInfo& source, const HttpHeaders& described) {
    HttpHeaders headers;
    for (const std::string_view name : kContentFields) {
      if (const auto value = described.find(name)) headers.set(std::string(name), std::string(*value));
    }
    for (const auto& [name, value] : source.metadata) headers.set("x-amz-meta-" + name, value);
    if (described.find("x-amz-tagging-count").value_or("0") != "0") {
      ATTACHE_ASSIGN(const auto tags, s3_get_tags(context_.client, from_, stop_));
      if (!tags) return false;
      headers.set("x-amz-tagging", s3_tagging_header(*tags));
    }
    S3Multipart multipart(context_, to_, stop_);
    ATTACHE_TRY(multipart.create(headers, false));
    Status status = copy_parts(source, multipart);
    if (!status) multipart.abort(status.error());
    if (!status) return fail(std::move(status).error());
    return true;
  }

  Status copy_parts(const ObjectInfo& source, S3Multipart& multipart) {
    const std::uint64_t part_bytes = s3_part_bytes(source.size, context_.options.copy_part_bytes);
    S3Multipart::Completion completion;
    completion.bytes = source.size;
    {
      S3Exchange exchange(context_.client, stop_);
      std::map<std::size_t, std::size_t> index_of;  // by ticket
      const auto receive = [&]() -> Status {
        S3Exchange::Finished finished = exchange.wait();
        if (!finished.reply) return fail(std::move(finished.reply).error());
        if (!finished.reply->ok()) return fail(context_.client.error(finished.request, *finished.reply));
        ATTACHE_ASSIGN(completion.parts[index_of.at(finished.ticket)].etag, etag_of(*finished.reply, "CopyPartResult"));
        return {};
      };
      for (std::uint64_t begin = 0; begin < source.size; begin += part_bytes) {
        while (exchange.pending() >= context_.options.parts_in_flight) ATTACHE_TRY(receive());
        completion.parts.emplace_back();
        S3Request request = copying(multipart.part(completion.parts.size()), source);
        request.headers.set(
            "x-amz-copy-source-range",
            "bytes=" + std::to_string(begin) + "-" + std::to_string(std::min(source.size, begin + part_bytes) - 1));
        index_of.emplace(exchange.send(std::move(request)), completion.parts.size() - 1);
      }
      while (exchange.pending() > 0) ATTACHE_TRY(receive());
    }
    return multipart.complete(completion);
  }

  /// What says that a copy was made: a 200 alone does not.
  Result<std::string> etag_of(const S3Reply& reply, const char* root) const {
    Result<std::string> etag = parse_s3_copy_etag(reply.response.body, root);
    if (!etag) return fail(etag.error().within(failed_action(S3Action::kCopy, context_.client.bucket(), to_.full_key)));
    return etag;
  }

  const S3TransferContext& context_;
  const S3ObjectName& from_;
  const S3ObjectName& to_;
  const std::stop_token& stop_;
};

}  // namespace

Result<bool> s3_copy(const S3TransferContext& context, const S3ObjectName& from, const S3ObjectName& to,
                     const CopyOptions& options, const std::stop_token& stop) {
  return Copy(context, from, to, stop).run(options);
}

}  // namespace attache
