#include <attache/aws/sigv4.hpp>
#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "s3_multipart.hpp"
#include "s3_streamed_part.hpp"
#include "s3_tags.hpp"
#include "s3_transfer.hpp"
#include "source_reader.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace attache {

namespace {

constexpr std::uint64_t kMaxParts = 10'000;
constexpr std::uint64_t kMinPartBytes = 5 * kMiB;  // S3's limits
constexpr std::uint64_t kMaxPartBytes = 5 * kGiB;

/// Parts of one object that are hashed together before they are sent, where they are signed. More would be cheaper
/// still, but each takes the memory of a part.
constexpr std::size_t kHashedTogether = 2;

/// Of a part that is streamed, read at a time: as in the hasher.
constexpr std::uint64_t kScanBytes = kMiB;

void add_object_headers(HttpHeaders& headers, const PutOptions& options) {
  if (!options.content_type.empty()) headers.add("content-type", options.content_type);
  for (const auto& [name, value] : options.metadata) headers.add("x-amz-meta-" + name, value);
  if (!options.tags.empty()) headers.add("x-amz-tagging", s3_tagging_header(options.tags));
}

/// A refused put: 412 is the same kAlreadyExists as from every other store.
Error put_error(const S3Client& client, const S3ObjectName& name, const S3Request& request, const S3Reply& reply,
                const PutOptions& options) {
  if (options.only_if_absent && reply.response.status == 412) return object_exists(name.uri).value();
  return client.error(request, reply);
}

std::string_view claimed_checksum(S3Checksum checksum, const HttpHeaders& headers) {
  if (checksum == S3Checksum::kNone) return {};
  return headers.find(s3_checksum_field(checksum)).value_or(std::string_view());
}

/// One put() in parts.
class PartedUpload {
 public:
  PartedUpload(const S3TransferContext& context, const S3ObjectName& name, SourceReader& reader,
               const PutOptions& options, const std::stop_token& stop)
      : context_(context),
        name_(name),
        reader_(reader),
        options_(options),
        stop_(stop),
        part_bytes_(s3_part_bytes(reader.size(), context.options.part_bytes)),
        multipart_(context, name, stop) {}

  Status run() {
    ATTACHE_TRY(begin());
    completion_.bytes = reader_.size();
    completion_.only_if_absent = options_.only_if_absent;
    Status status = send_parts();
    prepared_.clear();
    in_flight_.clear();
    if (status) status = multipart_.complete(completion_);
    if (!status && is_worth_keeping(status.error())) return status;
    if (!status) multipart_.abort(status.error());
    if (options_.resumption != nullptr) options_.resumption->ended(name_.key, description());
    return status;
  }

 private:
  using PartMap = std::map<std::uint32_t, UploadPart>;

  UnfinishedPut description() const { return multipart_.describe(reader_.size(), part_bytes_); }

  /// An upload that takes parts: an earlier one, or a new one.
  Status begin() {
    if (options_.resumption != nullptr) {
      ATTACHE_ASSIGN(const bool goes_on, go_on());
      if (goes_on) return {};
    }
    HttpHeaders headers;
    add_object_headers(headers, options_);
    ATTACHE_TRY(multipart_.create(headers, true));
    if (options_.resumption == nullptr) return {};
    Status remembered = options_.resumption->begun(name_.key, description());
    if (!remembered) multipart_.abort(remembered.error());
    return remembered;
  }

  Result<bool> go_on() {
    const std::optional<UnfinishedPut> earlier = options_.resumption->unfinished(name_.key);
    if (!earlier) return false;
    // Of another size it is not the content's; of parts that S3 would refuse, not ours.
    const bool fits = earlier->size == reader_.size() && earlier->part_bytes >= kMinPartBytes &&
                      earlier->part_bytes <= kMaxPartBytes &&
                      chunk_count(earlier->size, earlier->part_bytes) <= kMaxParts && multipart_.adopt(*earlier);
    if (fits) {
      Result<std::optional<PartMap>> parts = multipart_.parts();
      if (!parts && !is_refused(parts.error())) return fail(std::move(parts).error());
      if (parts && *parts) {
        part_bytes_ = earlier->part_bytes;
        stored_ = **std::move(parts);
        acknowledged_ = stored_.size();
        return true;
      }
      // Nobody can go on with it. What it holds of storage goes, if that is allowed.
      if (!parts) multipart_.abort(parts.error());
    }
    options_.resumption->ended(name_.key, *earlier);
    return false;
  }

  /// No put needs to list parts (s3:ListMultipartUploadParts), so who may not must still be able to put.
  static bool is_refused(const Error& error) {
    return error.code() == ErrorCode::kPermissionDenied || error.code() == ErrorCode::kUnsupported;
  }

  /// The same upload may be gone on with: nothing is wrong with the content, something of it is there, and it will be
  /// found again. Who cannot remember it (another process has the journal) would leave parts that nobody knows of.
  bool is_worth_keeping(const Error& error) const {
    if (options_.resumption == nullptr || acknowledged_ == 0) return false;
    switch (error.code()) {
      case ErrorCode::kCancelled:
      case ErrorCode::kNetwork:
      case ErrorCode::kService:
      case ErrorCode::kUnauthenticated:
        break;
      default:
        return false;
    }
    const std::optional<UnfinishedPut> remembered = options_.resumption->unfinished(name_.key);
    return remembered && remembered->upload_id == description().upload_id;
  }

  /// The service has the part already, with these bytes.
  const UploadPart* stored_part(std::size_t index, std::uint64_t bytes, const S3Part& part) const {
    const auto found = stored_.find(static_cast<std::uint32_t>(index + 1));
    if (found == stored_.end() || found->second.size != bytes || found->second.etag.empty()) return nullptr;
    // Without a checksum nothing is known of its bytes.
    if (part.checksum.empty() || found->second.checksum != part.checksum) return nullptr;
    return &found->second;
  }

  struct InFlight {
    std::size_t index;
    std::uint64_t crc;
    FlightWindow::Flight flight;
    std::optional<ByteBudget::Lease> lease;    ///< what the part is in
    std::unique_ptr<S3StreamedPart> streamed;  ///< or where it comes from
  };

  /// A part that is complete but for its hash.
  struct Prepared {
    S3Request request;
    std::size_t index;
    std::uint64_t crc;
    ByteBudget::Lease lease;
  };

  /// Parts that would leave room for few at a time. Of other sources one part has the memory to itself.
  bool streams_parts() const {
    return reader_.source().can_read_at() && part_bytes_ > context_.options.buffer_bytes / 4;
  }

  /// Returns with every part acknowledged and the source verified, or with nothing in flight.
  Status send_parts() {
    S3Exchange exchange(context_.client, stop_);
    while (reader_.remaining() > 0) {
      if (streams_parts()) {
        ATTACHE_TRY(send_streamed_part(exchange));
        continue;
      }
      ATTACHE_ASSIGN(ByteBudget::Lease lease, lease_for_part(exchange));
      ATTACHE_TRY(reader_.fill(lease.memory(), stop_));
      ATTACHE_TRY(send_part(exchange, std::move(lease)));
    }
    ATTACHE_TRY(send_prepared(exchange));
    // The last parts are still on their way while the bytes are compared with their hash.
    ATTACHE_TRY(reader_.finish(stop_));
    while (exchange.pending() > 0) ATTACHE_TRY(receive(exchange));
    return {};
  }

  /// Memory for one more part. Only who has nothing in flight waits for others; else its own parts are waited for.
  Result<ByteBudget::Lease> lease_for_part(S3Exchange& exchange) {
    const std::uint64_t wanted = std::min(part_bytes_, reader_.remaining());
    while (exchange.pending() > 0 || !prepared_.empty()) {
      // What is hashed together is read while others are under way.
      if (!prepared_.empty() || may_send(exchange) || signs_parts()) {
        if (std::optional<ByteBudget::Lease> lease = context_.budget.try_acquire(wanted)) return *std::move(lease);
      }
      ATTACHE_TRY(prepared_.empty() ? receive(exchange) : send_prepared(exchange));
    }
    return context_.budget.acquire(wanted, stop_);
  }

  bool may_send(const S3Exchange& exchange) const {
    const std::size_t pending = exchange.pending();
    return pending < context_.options.parts_in_flight && (pending < kPartsAnyway || context_.window.has_room());
  }

  /// Bodies carry their hash, as S3Client::signs() says of their requests.
  bool signs_parts() const { return multipart_.checksum() == S3Checksum::kNone || context_.client.signs_content(); }

  Status send_part(S3Exchange& exchange, ByteBudget::Lease lease) {
    const std::span<const std::byte> data = lease.memory();
    const std::uint64_t crc = s3_crc(multipart_.checksum(), data);
    std::optional<S3Request> request = next_part(crc, data.size());
    if (!request) return {};
    request->body = data;
    // Moving a lease leaves its memory where it is.
    prepared_.push_back({*std::move(request), completion_.parts.size() - 1, crc, std::move(lease)});
    if (signs_parts() && prepared_.size() < kHashedTogether) return {};
    return send_prepared(exchange);
  }

  Status send_prepared(S3Exchange& exchange) {
    s3_hash_bodies(context_.client, prepared_);
    for (Prepared& each : prepared_) {
      while (exchange.pending() > 0 && !may_send(exchange)) ATTACHE_TRY(receive(exchange));
      FlightWindow::Flight flight = context_.window.start(each.request.body.size());
      send_part(exchange, std::move(each.request),
                InFlight{each.index, each.crc, std::move(flight), std::move(each.lease), nullptr});
    }
    prepared_.clear();
    return {};
  }

  Status send_streamed_part(S3Exchange& exchange) {
    while (exchange.pending() >= context_.options.parts_in_flight) ATTACHE_TRY(receive(exchange));
    const S3Checksum checksum = multipart_.checksum();
    auto part = std::make_unique<S3StreamedPart>(reader_, std::min(part_bytes_, reader_.remaining()), checksum);
    {
      ATTACHE_ASSIGN(ByteBudget::Lease lease, context_.budget.acquire(kScanBytes, stop_));
      ATTACHE_TRY(part->scan(lease.memory(), signs_parts(), stop_));
    }
    const std::uint64_t crc = part->crc();
    FlightWindow::Flight flight = context_.window.start(part->size());
    std::optional<S3Request> request = next_part(crc, part->size());
    if (!request) return {};
    request->body_source = part.get();
    request->body_sha256 = part->sha256();
    send_part(exchange, *std::move(request),
              InFlight{completion_.parts.size() - 1, crc, std::move(flight), std::nullopt, std::move(part)});
    return {};
  }

  /// The request for the part that was read last, without its body, which is `bytes` long; nothing if the service has
  /// it already.
  std::optional<S3Request> next_part(std::uint64_t crc, std::uint64_t bytes) {
    const S3Checksum checksum = multipart_.checksum();
    const std::size_t index = completion_.parts.size();
    S3Part& part = completion_.parts.emplace_back();
    if (checksum != S3Checksum::kNone) part.checksum = s3_checksum_text(checksum, crc);
    completion_.crc = s3_crc_combine(checksum, completion_.crc, crc, bytes);
    if (const UploadPart* stored = stored_part(index, bytes, part)) {
      part.etag = stored->etag;
      options_.resumption->reused(name_.key, bytes);
      return std::nullopt;
    }
    S3Request request = multipart_.part(index + 1);
    protect_body(request, checksum, crc);
    return request;
  }

  void send_part(S3Exchange& exchange, S3Request request, InFlight part) {
    const std::size_t ticket = exchange.send(std::move(request));
    in_flight_.emplace(ticket, std::move(part));
  }

  Status receive(S3Exchange& exchange) {
    S3Exchange::Finished finished = exchange.wait();
    const auto part = in_flight_.find(finished.ticket);
    const std::size_t index = part->second.index;
    const std::uint64_t crc = part->second.crc;
    const std::unique_ptr<S3StreamedPart> streamed = std::move(part->second.streamed);
    s3_arrived(part->second.flight, finished);
    in_flight_.erase(part);
    if (!finished.reply) return fail(std::move(finished.reply).error());
    if (!finished.reply->ok()) return fail(context_.client.error(finished.request, *finished.reply));
    const HttpHeaders& headers = finished.reply->response.headers;
    const auto etag = headers.find("etag");
    if (!etag || etag->empty()) {
      return fail(ErrorCode::kService,
                  "the service gave part " + std::to_string(index + 1) + " of " + printable(name_.uri) + " no ETag",
                  "check that the endpoint is an S3 service, and that no proxy removes the header");
    }
    completion_.parts[index].etag = *etag;
    if (streamed) ATTACHE_TRY(streamed->check_sent());
    ++acknowledged_;
    return check_claim(multipart_.checksum(), crc, claimed_checksum(multipart_.checksum(), headers), name_.uri);
  }

  const S3TransferContext& context_;
  const S3ObjectName& name_;
  SourceReader& reader_;
  const PutOptions& options_;
  const std::stop_token& stop_;
  std::uint64_t part_bytes_;
  S3Multipart multipart_;
  S3Multipart::Completion completion_;
  std::vector<Prepared> prepared_;             // not sent yet
  std::map<std::size_t, InFlight> in_flight_;  // by ticket
  PartMap stored_;                             // of an earlier put
  std::size_t acknowledged_ = 0;
};

}  // namespace

S3WholePut s3_whole_put(const S3ObjectName& name, std::span<const std::byte> body, const PutOptions& options,
                        S3Checksum checksum) {
  S3WholePut put{s3_put_request(name, HttpMethod::kPut, {}), checksum, s3_crc(checksum, body)};
  add_object_headers(put.request.headers, options);
  if (options.only_if_absent) put.request.headers.add("if-none-match", "*");
  put.request.body = body;
  protect_body(put.request, checksum, put.crc);
  return put;
}

Status s3_whole_put_result(const S3Client& client, const S3ObjectName& name, const S3WholePut& put,
                           const S3Reply& reply, const PutOptions& options) {
  if (!reply.ok()) return fail(put_error(client, name, put.request, reply, options));
  // A proxy that says 200 to everything has stored nothing.
  if (!reply.response.headers.find("etag")) {
    return fail(ErrorCode::kService, "the service gave " + printable(name.uri) + " no ETag",
                "check that the endpoint is an S3 service, and that no proxy answers in its place");
  }
  return check_claim(put.checksum, put.crc, claimed_checksum(put.checksum, reply.response.headers), name.uri);
}

Status s3_put_bytes(const S3TransferContext& context, const S3ObjectName& name, std::span<const std::byte> body,
                    const PutOptions& options, const std::stop_token& stop) {
  S3WholePut put;
  const auto send = [&](S3Checksum checksum) {
    put = s3_whole_put(name, body, options, checksum);
    return context.client.execute(put.request, stop);
  };
  ATTACHE_ASSIGN(const ChecksummedReply sent, send_with_checksum(context.checksum, send));
  return s3_whole_put_result(context.client, name, put, sent.reply, options);
}

void s3_hash_bodies(const S3Client& client, std::span<S3Request* const> requests) {
  std::vector<S3Request*> signed_requests;
  std::vector<std::span<const std::byte>> bodies;
  for (S3Request* request : requests) {
    if (!client.signs(*request)) continue;
    signed_requests.push_back(request);
    bodies.push_back(request->body);
  }
  if (bodies.size() < 2) return;  // it is hashed when it is sent
  std::vector<std::string> hashes(bodies.size());
  if (!sha256_hex_each(bodies, hashes)) return;
  for (std::size_t i = 0; i < hashes.size(); ++i) signed_requests[i]->body_sha256 = std::move(hashes[i]);
}

std::uint64_t s3_part_bytes(std::uint64_t object_bytes, std::uint64_t part_bytes) {
  const std::uint64_t needed = chunk_count(object_bytes, kMaxParts);
  if (needed <= part_bytes) return part_bytes;
  return chunk_count(needed, kMiB) * kMiB;
}

Status s3_upload(const S3TransferContext& context, const S3ObjectName& name, ObjectSource& source,
                 const PutOptions& options, const std::stop_token& stop) {
  SourceReader reader(source, name.uri);
  if (reader.size() > context.options.max_object_bytes) {
    return fail(ErrorCode::kInvalidArgument,
                printable(name.uri) + " would have " + std::to_string(reader.size()) + " bytes (" +
                    human_size(reader.size()) + "), more than the " + std::to_string(context.options.max_object_bytes) +
                    " that an object in S3 may have",
                "split the file, or use chunks (--chunk-size)");
  }
  // An upload in parts has at least one, and no part is empty.
  if (reader.size() == 0 || reader.size() < context.options.multipart_threshold) {
    ATTACHE_ASSIGN(ByteBudget::Lease lease, context.budget.acquire(reader.size(), stop));
    const std::span<std::byte> body = lease.memory();
    ATTACHE_TRY(reader.fill(body, stop));
    ATTACHE_TRY(reader.finish(stop));
    return s3_put_bytes(context, name, body, options, stop);
  }
  if (options.only_if_absent) {
    // Gigabytes for nothing are worse than one more request; the condition on the last request decides.
    ATTACHE_ASSIGN(const std::optional<ObjectInfo> existing, s3_head(context.client, name, stop));
    if (existing) return object_exists(name.uri);
  }
  return PartedUpload(context, name, reader, options, stop).run();
}

}  // namespace attache
