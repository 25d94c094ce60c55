#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "crc32c.hpp"
#include "s3_transfer.hpp"
#include "source_reader.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace attache {

namespace {

constexpr std::uint64_t kMaxParts = 10'000;

/// How long a failed upload waits for its abort. On cancelling a person waits: a round trip, no more.
constexpr std::chrono::milliseconds kAbortWait{5'000};
constexpr std::chrono::milliseconds kAbortWaitCancelled{200};

void add_object_headers(HttpHeaders& headers, const PutOptions& options) {
  if (!options.content_type.empty()) headers.add("content-type", options.content_type);
  for (const auto& [name, value] : options.metadata) headers.add("x-amz-meta-" + name, value);
}

S3Request put_request(const S3ObjectName& name, HttpMethod method, QueryParameters query) {
  S3Request request;
  request.action = S3Action::kPut;
  request.method = method;
  request.key = name.full_key;
  request.subject = name.full_key;
  request.query = std::move(query);
  return request;
}

/// A refused put: 412 is the same kAlreadyExists as from every other store.
Error put_error(const S3Client& client, const S3ObjectName& name, const S3Request& request, const S3Reply& reply,
                const PutOptions& options) {
  if (options.only_if_absent && reply.response.status == 412) return object_exists(name.uri).value();
  return client.error(request, reply);
}

Status put_whole(const S3TransferContext& context, const S3ObjectName& name, SourceReader& reader,
                 const PutOptions& options, const std::stop_token& stop) {
  ATTACHE_ASSIGN(const ByteBudget::Lease lease, context.budget.acquire(reader.size(), stop));
  std::vector<std::byte> body(static_cast<std::size_t>(reader.size()));
  ATTACHE_TRY(reader.fill(body, stop));
  ATTACHE_TRY(reader.finish(stop));

  S3Request request = put_request(name, HttpMethod::kPut, {});
  add_object_headers(request.headers, options);
  if (options.only_if_absent) request.headers.add("if-none-match", "*");
  if (context.options.send_checksums) request.headers.add("x-amz-checksum-crc32c", crc32c_header(crc32c(body)));
  request.body = body;
  request.is_content = true;
  ATTACHE_ASSIGN(const S3Reply reply, context.client.execute(request, stop));
  if (!reply.ok()) return fail(put_error(context.client, name, request, reply, options));
  // A proxy that says 200 to everything has stored nothing.
  if (!reply.response.headers.find("etag")) {
    return fail(ErrorCode::kService, "the service gave " + printable(name.uri) + " no ETag",
                "check that the endpoint is an S3 service, and that no proxy answers in its place");
  }
  return {};
}

/// A multipart upload from its creation to its completion or abort.
class MultipartUpload {
 public:
  MultipartUpload(const S3TransferContext& context, const S3ObjectName& name, SourceReader& reader,
                  const PutOptions& options, const std::stop_token& stop)
      : context_(context),
        name_(name),
        reader_(reader),
        options_(options),
        stop_(stop),
        part_bytes_(s3_part_bytes(reader.size(), context.options.part_bytes)) {}

  Status run() {
    ATTACHE_TRY(create());
    Status status = send_parts();
    in_flight_.clear();
    if (status) status = complete();
    if (!status) abort(status.error().code() == ErrorCode::kCancelled ? kAbortWaitCancelled : kAbortWait);
    return status;
  }

 private:
  struct InFlight {
    std::size_t index;
    std::vector<std::byte> data;
    ByteBudget::Lease lease;
  };

  Status create() {
    S3Request request = put_request(name_, HttpMethod::kPost, {{"uploads", ""}});
    add_object_headers(request.headers, options_);
    if (context_.options.send_checksums) request.headers.add("x-amz-checksum-algorithm", "CRC32C");
    ATTACHE_ASSIGN(const S3Reply reply, context_.client.execute(request, stop_));
    if (!reply.ok()) return fail(context_.client.error(request, reply));
    ATTACHE_ASSIGN(upload_id_, parse_s3_upload_id(reply.response.body));
    return {};
  }

  /// Returns with every part acknowledged and the source verified, or with nothing in flight.
  Status send_parts() {
    S3Exchange exchange(context_.client, stop_);
    while (reader_.remaining() > 0) {
      ATTACHE_ASSIGN(ByteBudget::Lease lease, lease_for_part(exchange));
      std::vector<std::byte> data(static_cast<std::size_t>(std::min(part_bytes_, reader_.remaining())));
      ATTACHE_TRY(reader_.fill(data, stop_));
      send_part(exchange, std::move(data), std::move(lease));
    }
    // The last parts are still on their way while the bytes are compared with their hash.
    ATTACHE_TRY(reader_.finish(stop_));
    while (exchange.pending() > 0) ATTACHE_TRY(receive(exchange));
    return {};
  }

  /// Memory for one more part. Only who has nothing in flight waits for others; else its own parts are waited for.
  Result<ByteBudget::Lease> lease_for_part(S3Exchange& exchange) {
    const std::uint64_t wanted = std::min(part_bytes_, reader_.remaining());
    while (exchange.pending() > 0) {
      if (exchange.pending() < context_.options.parts_in_flight) {
        if (std::optional<ByteBudget::Lease> lease = context_.budget.try_acquire(wanted)) return *std::move(lease);
      }
      ATTACHE_TRY(receive(exchange));
    }
    return context_.budget.acquire(wanted, stop_);
  }

  void send_part(S3Exchange& exchange, std::vector<std::byte> data, ByteBudget::Lease lease) {
    const std::size_t index = parts_.size();
    parts_.emplace_back();
    S3Request request =
        put_request(name_, HttpMethod::kPut, {{"partNumber", std::to_string(index + 1)}, {"uploadId", upload_id_}});
    if (context_.options.send_checksums) {
      parts_.back().crc32c = crc32c_header(crc32c(data));
      request.headers.add("x-amz-checksum-crc32c", parts_.back().crc32c);
    }
    request.body = data;
    request.is_content = true;
    const std::size_t ticket = exchange.send(std::move(request));
    // Moving a vector leaves its bytes where they are.
    in_flight_.emplace(ticket, InFlight{index, std::move(data), std::move(lease)});
  }

  Status receive(S3Exchange& exchange) {
    S3Exchange::Finished finished = exchange.wait();
    const auto part = in_flight_.find(finished.ticket);
    const std::size_t index = part->second.index;
    in_flight_.erase(part);
    if (!finished.reply) return fail(std::move(finished.reply).error());
    if (!finished.reply->ok()) return fail(context_.client.error(finished.request, *finished.reply));
    const auto etag = finished.reply->response.headers.find("etag");
    if (!etag || etag->empty()) {
      return fail(ErrorCode::kService,
                  "the service gave part " + std::to_string(index + 1) + " of " + printable(name_.uri) + " no ETag",
                  "check that the endpoint is an S3 service, and that no proxy removes the header");
    }
    parts_[index].etag = *etag;
    return {};
  }

  Status complete() {
    if (stop_.stop_requested()) return cancelled();
    const std::string document = s3_complete_document(parts_);
    S3Request request = put_request(name_, HttpMethod::kPost, {{"uploadId", upload_id_}});
    request.headers.add("content-type", "application/xml");
    if (options_.only_if_absent) request.headers.add("if-none-match", "*");
    request.body = std::as_bytes(std::span(document));
    request.stall_timeout = context_.options.completion_timeout;
    request.never_resend = true;  // or NoSuchUpload could mean two things below
    ATTACHE_ASSIGN(const S3Reply reply, context_.client.execute(request, stop_));
    if (reply.ok()) {
      if (reply.response.body.find("CompleteMultipartUploadResult") != std::string::npos) return {};
      return fail(ErrorCode::kService, "the service's answer to the end of " + printable(name_.uri) + " is no result",
                  "check that the endpoint is an S3 service, and that no proxy answers in its place");
    }
    if (reply.attempts > 1 && reply.error.code == "NoSuchUpload") {
      // The answer to the first try was lost, and some servers forget an upload once it is complete.
      ATTACHE_ASSIGN(const std::optional<ObjectInfo> stored, s3_head(context_.client, name_, stop_));
      if (stored && stored->size == reader_.size()) return {};
    }
    return fail(put_error(context_.client, name_, request, reply, options_));
  }

  /// The caller's stop has perhaps fired already; the abort has its own, a deadline. That it fails changes nothing: the
  /// upload has failed, and the error that it failed with is the one to report.
  void abort(std::chrono::milliseconds wait) {
    S3Request request = put_request(name_, HttpMethod::kDelete, {{"uploadId", upload_id_}});
    request.action = S3Action::kAbort;
    S3Exchange exchange(context_.client, {}, std::chrono::steady_clock::now() + wait);
    exchange.send(std::move(request));
    static_cast<void>(exchange.wait());
  }

  const S3TransferContext& context_;
  const S3ObjectName& name_;
  SourceReader& reader_;
  const PutOptions& options_;
  const std::stop_token& stop_;
  const std::uint64_t part_bytes_;
  std::string upload_id_;
  std::vector<S3Part> parts_;
  std::map<std::size_t, InFlight> in_flight_;  // by ticket
};

}  // namespace

std::uint64_t s3_part_bytes(std::uint64_t object_bytes, std::uint64_t part_bytes) {
  const std::uint64_t needed = object_bytes / kMaxParts + (object_bytes % kMaxParts != 0 ? 1 : 0);
  if (needed <= part_bytes) return part_bytes;
  return (needed / kMiB + (needed % kMiB != 0 ? 1 : 0)) * kMiB;
}

Status s3_upload(const S3TransferContext& context, const S3ObjectName& name, ObjectSource& source,
                 const PutOptions& options, const std::stop_token& stop) {
  SourceReader reader(source, name.uri);
  if (reader.size() < context.options.multipart_threshold) return put_whole(context, name, reader, options, stop);
  if (options.only_if_absent) {
    // Gigabytes for nothing are worse than one more request; the condition on the last request decides.
    ATTACHE_ASSIGN(const std::optional<ObjectInfo> existing, s3_head(context.client, name, stop));
    if (existing) return object_exists(name.uri);
  }
  return MultipartUpload(context, name, reader, options, stop).run();
}

}  // namespace attache
