#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/crc.hpp>

#include "s3_checksum.hpp"
#include "s3_transfer.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace attache {

namespace {

/// An object that comes other than its checksum says is asked for this often in all.
constexpr int kTriesOfDamage = 3;

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

tl::unexpected<Error> bad_answer(const S3ObjectName& name, const std::string& what) {
  return fail(ErrorCode::kService, "the service's answer to a request for " + printable(name.uri) + " " + what,
              "check that the endpoint is an S3 service, and that no proxy answers in its place");
}

Error replaced(const S3ObjectName& name) {
  return Error(ErrorCode::kSourceChanged, printable(name.uri) + " was replaced by another version",
               "read the object again from its beginning");
}

/// "bytes 0-99/1234".
struct ContentRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;    ///< one past the last byte
  std::uint64_t total = 0;  ///< of the object
};

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = parse_number<std::uint64_t>(text.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_number<std::uint64_t>(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last + 1, *total};
}

/// Bytes [begin, end) of an object, on their way into memory. An interrupted range is asked for from where it broke: a
/// slow, unreliable line may never bring 8 MiB in one piece. Filled on the transport's thread while a request is in
/// flight, used by the caller's thread otherwise; the end of the request lies between.
class RangeBody final : public HttpBodySink {
 public:
  /// `version` is the ETag that the object must have; none in the first request for any. `if_size`: of GetOptions.
  RangeBody(const S3ObjectName& name, ObjectRange range, std::optional<std::string> version,
            std::optional<std::uint64_t> if_size, ByteBudget::Lease lease)
      : name_(name),
        range_(range),
        version_(std::move(version)),
        if_size_(if_size),
        lease_(std::move(lease)),
        memory_(lease_.memory()) {}

  void before_attempt(HttpHeaders& headers) {
    // Complete, and yet the connection failed at the very end: once more from the beginning.
    if (received_ >= range_.size()) received_ = 0;
    headers.set("range", "bytes=" + std::to_string(range_.begin + received_) + "-" + std::to_string(range_.end - 1));
    if (version_ && s3_can_match(*version_)) headers.set("if-match", *version_);
  }

  Result<bool> begin(int status, const HttpHeaders& headers) override {
    if (status != 200 && status != 206) return false;
    // An object has a version. What has neither ETag nor date is an error document, or a page of a proxy's.
    if (!headers.find("etag") && !headers.find("last-modified")) return false;
    ContentRange got;
    if (status == 206) {
      const auto parsed = parse_content_range(headers.find("content-range").value_or(std::string_view()));
      if (!parsed) return bad_answer(name_, "has no valid Content-Range");
      got = *parsed;
    } else {
      // A server that ignores ranges may still give a small object in one piece.
      const auto length = parse_number<std::uint64_t>(headers.find("content-length").value_or(std::string_view()));
      if (!length) return bad_answer(name_, "has no valid Content-Length");
      got = {0, *length, *length};
      received_ = 0;
    }
    if (got.begin != range_.begin + received_ || got.end != std::min(range_.end, got.total)) {
      return bad_answer(name_, "is not the range that was asked for");
    }
    if (info_ && info_->size != got.total) return bad_answer(name_, "changed the object's size");
    // A server that passes over If-Match, or was sent none, says nothing of another version.
    ObjectInfo info = s3_object_info(name_, headers);
    if (version_ && *version_ != info.etag) return fail(replaced(name_));
    version_ = info.etag;
    // A checksum is claimed of what the answer has to give: only of a whole object it is known what that is. It stays
    // when the rest of an interrupted answer is asked for.
    if (got.begin == 0 && got.end == got.total) {
      crc64nvme_ = headers.find(s3_checksum_field(S3Checksum::kCrc64Nvme)).value_or(std::string_view());
      crc32c_ = headers.find(s3_checksum_field(S3Checksum::kCrc32c)).value_or(std::string_view());
    }
    range_.end = got.end;
    info_ = std::move(info);
    info_->size = got.total;
    has_other_size_ = if_size_ && got.total != *if_size_;
    if (has_other_size_) return fail(ErrorCode::kIntegrity, "the object has another size");  // the sink is told which
    return true;
  }

  Status write(std::span<const std::byte> data) override {
    if (data.size() > range_.size() - received_) return bad_answer(name_, "is longer than it says");
    std::memcpy(memory_.data() + received_, data.data(), data.size());
    received_ += data.size();
    return {};
  }

  /// An object that is not of the size that was asked for: info() is of it, the body was not read.
  bool has_other_size() const { return has_other_size_; }
  bool is_complete() const { return info_ && received_ == range_.size(); }
  /// Of a complete body: kIntegrity if the service's checksum is another one.
  Status check_claims() const {
    if (!crc64nvme_.empty()) {
      ATTACHE_TRY(check_claim(S3Checksum::kCrc64Nvme, crc64nvme(data()), crc64nvme_, name_.uri));
    }
    if (!crc32c_.empty()) ATTACHE_TRY(check_claim(S3Checksum::kCrc32c, crc32c(data()), crc32c_, name_.uri));
    return {};
  }
  ByteBudget::Lease take_lease() { return std::move(lease_); }
  const ObjectInfo& info() const { return *info_; }
  std::span<const std::byte> data() const { return memory_.first(received_); }

 private:
  const S3ObjectName& name_;
  ObjectRange range_;  // end: as wanted, then as it is
  std::optional<std::string> version_;
  const std::optional<std::uint64_t> if_size_;
  bool has_other_size_ = false;
  std::string crc64nvme_;  // of the whole object, which is here; empty: not claimed
  std::string crc32c_;
  std::optional<ObjectInfo> info_;
  ByteBudget::Lease lease_;
  std::span<std::byte> memory_;  // the lease's
  std::size_t received_ = 0;
};

class Download {
 public:
  Download(const S3TransferContext& context, const S3ObjectName& name, ObjectSink& sink, const GetOptions& options,
           const std::stop_token& stop)
      : context_(context), name_(name), sink_(sink), options_(options), stop_(stop), exchange_(context.client, stop) {}

  Result<std::optional<ObjectInfo>> run() {
    if (first_range().size() == 0) return nothing_of_it();
    // The first range tells size and version of the object; most objects are no larger.
    ATTACHE_ASSIGN(ByteBudget::Lease lease, context_.budget.acquire(first_range().size(), stop_));
    ask(first_range(), wanted_version(), std::move(lease));
    Result<S3Reply> received = receive_whole();
    const RangeBody& first = waiting_.front()->body;
    if (first.has_other_size()) ATTACHE_TRY(begin_sink(sink_, first.info(), options_, name_.uri));
    ATTACHE_ASSIGN(const S3Reply reply, std::move(received));
    switch (reply.response.status) {
      case 404:
        if (reply.error.code != "NoSuchBucket") return std::nullopt;
        break;
      case 416:
        return nothing_of_it();  // an empty object, or a range behind the end
      case 412:
        return fail(replaced(name_));
      default:
        break;
    }
    ATTACHE_TRY(check(reply));
    const ObjectInfo info = first.info();
    const ObjectRange wanted = clip(options_, info.size);
    next_ = std::min(wanted.end, first_range().end);
    ATTACHE_TRY(begin_sink(sink_, info, options_, name_.uri));
    ATTACHE_TRY(write_rest(info, wanted.end));
    return info;
  }

 private:
  struct Range {
    std::size_t ticket;
    bool is_done;
    RangeBody body;
    FlightWindow::Flight flight;
  };

  std::optional<std::string> wanted_version() const {
    return options_.if_match.empty() ? std::nullopt : std::optional(options_.if_match);
  }

  ObjectRange first_range() const {
    const std::uint64_t bytes =
        std::min(options_.length.value_or(context_.options.part_bytes), context_.options.part_bytes);
    const std::uint64_t most = ~std::uint64_t{0} - options_.offset;
    return {options_.offset, options_.offset + std::min(bytes, most)};
  }

  /// The object exists perhaps, but no byte of it is wanted.
  Result<std::optional<ObjectInfo>> nothing_of_it() {
    ATTACHE_ASSIGN(std::optional<ObjectInfo> info, s3_head(context_.client, name_, stop_));
    if (!info) return std::nullopt;
    ATTACHE_TRY(check_version(*info, options_.if_match, name_.uri));
    if (options_.length != 0 && options_.offset < info->size) {
      return bad_answer(name_, "refuses a range that the object has");
    }
    ATTACHE_TRY(begin_sink(sink_, *info, options_, name_.uri));
    return info;
  }

  /// Writes what has come and keeps as many ranges on their way as the budget allows. Who waits for bytes of its own
  /// never waits for the budget.
  Status write_rest(const ObjectInfo& info, std::uint64_t end) {
    while (!waiting_.empty() || next_ < end) {
      while (next_ < end && waiting_.size() < context_.options.parts_in_flight &&
             (waiting_.size() < kPartsAnyway || context_.window.has_room())) {
        const ObjectRange range{next_, std::min(end, next_ + context_.options.part_bytes)};
        std::optional<ByteBudget::Lease> lease;
        if (waiting_.empty()) {
          ATTACHE_ASSIGN(lease, context_.budget.acquire(range.size(), stop_));
        } else {
          lease = context_.budget.try_acquire(range.size());
        }
        if (!lease) break;
        ask(range, info.etag, *std::move(lease));
        next_ = range.end;
      }
      if (waiting_.front()->is_done) {
        if (stop_.stop_requested()) return cancelled();
        if (!waiting_.front()->body.data().empty()) ATTACHE_TRY(sink_.write(waiting_.front()->body.data()));
        waiting_.pop_front();
        continue;
      }
      ATTACHE_ASSIGN(const S3Reply reply, receive());
      if (reply.response.status == 412 || reply.response.status == 404) return fail(replaced(name_));
      ATTACHE_TRY(check(reply));
    }
    return {};
  }

  void ask(ObjectRange range, std::optional<std::string> version, ByteBudget::Lease lease) {
    // Allocated on its own: the transport holds its address while others come and go.
    auto asked = std::make_unique<Range>(
        Range{0, false, RangeBody(name_, range, std::move(version), options_.if_size, std::move(lease)),
              context_.window.start(range.size())});
    S3Request request;
    request.action = S3Action::kGet;
    request.method = HttpMethod::kGet;
    request.key = name_.full_key;
    request.subject = name_.full_key;
    request.sink = &asked->body;
    // Where the whole object may come, and only there: S3 then gives what it knows of it.
    const bool may_be_whole = range.begin == 0 && context_.options.checksum != S3Checksum::kNone;
    if (may_be_whole) request.headers.set("x-amz-checksum-mode", "ENABLED");
    request.before_attempt = [body = &asked->body](HttpHeaders& headers) { body->before_attempt(headers); };
    Range& kept = *waiting_.emplace_back(std::move(asked));
    kept.ticket = exchange_.send(std::move(request));
  }

  /// The first range. If it is the whole object, and not what the service says that it is, it was damaged on its way:
  /// that passes.
  Result<S3Reply> receive_whole() {
    for (int tries = 1;; ++tries) {
      ATTACHE_ASSIGN(S3Reply reply, receive());
      if (!reply.ok() || !last_->body.is_complete()) return reply;
      Status intact = last_->body.check_claims();
      if (intact) return reply;
      if (tries == kTriesOfDamage) return fail(std::move(intact).error());
      ByteBudget::Lease lease = last_->body.take_lease();
      waiting_.clear();
      ask(first_range(), wanted_version(), std::move(lease));
    }
  }

  /// Any range that has ended.
  Result<S3Reply> receive() {
    S3Exchange::Finished finished = exchange_.wait();
    last_request_ = std::move(finished.request);
    last_ = std::ranges::find_if(waiting_, [&](const auto& range) { return range->ticket == finished.ticket; })->get();
    last_->is_done = true;
    if (last_->body.is_complete()) s3_arrived(last_->flight, finished);
    return std::move(finished.reply);
  }

  /// That the answer received last is what was asked for.
  Status check(const S3Reply& reply) const {
    if (!reply.ok()) return fail(context_.client.error(last_request_, reply));
    if (!last_->body.is_complete()) return bad_answer(name_, "is shorter than it says");
    return {};
  }

  const S3TransferContext& context_;
  const S3ObjectName& name_;
  ObjectSink& sink_;
  const GetOptions& options_;
  const std::stop_token& stop_;
  std::uint64_t next_ = 0;                      // first byte not asked for yet
  std::deque<std::unique_ptr<Range>> waiting_;  // in order of the object
  Range* last_ = nullptr;
  S3Request last_request_;
  S3Exchange exchange_;  // last: goes first, so that nothing is written into a range that is gone
};

}  // namespace

bool s3_can_match(std::string_view etag) {
  return !etag.empty() && !etag.starts_with("W/");
}

ObjectInfo s3_object_info(const S3ObjectName& name, const HttpHeaders& headers) {
  ObjectInfo info;
  info.key = name.key;
  info.etag = headers.find("etag").value_or(std::string_view());
  if (const auto date = headers.find("last-modified")) info.last_modified_us = parse_http_date(*date);
  for (const auto& [field, value] : headers.fields()) {
    const std::string lower_name = lower(field);
    if (lower_name.starts_with(kMetadataPrefix)) info.metadata[lower_name.substr(kMetadataPrefix.size())] = value;
  }
  return info;
}

namespace {

/// The answer to a HEAD has no body, so a refusal does not say whether the key, the signature, the clock, the region or
/// a permission is wrong. A GET of one byte does; asked once, when all has failed anyway. Its own missing permission
/// (s3:GetObject) says nothing about the HEAD. True if the HEAD is worth repeating: what it was refused for has passed,
/// or the GET has put it right (new credentials, say).
bool explain_refusal(S3Client& client, const S3ObjectName& name, S3Reply& reply, const std::stop_token& stop) {
  if (!reply.error.code.empty() || (reply.response.status != 400 && reply.response.status != 403)) return false;
  S3Request request;
  request.action = S3Action::kGet;
  request.method = HttpMethod::kGet;
  request.key = name.full_key;
  request.subject = name.full_key;
  request.headers.set("range", "bytes=0-0");
  const Result<S3Reply> explained = client.execute(request, stop);
  if (!explained) return false;
  // 416: an empty object, which has no first byte.
  const int status = explained->response.status;
  if (explained->ok() || status == 404 || status == 416) return true;
  if (explained->error.code == "AccessDenied") return false;
  if (status == reply.response.status) {
    reply.error = explained->error;
    reply.used = explained->used;
  }
  return false;
}

}  // namespace

S3Request s3_head_request(const S3ObjectName& name) {
  S3Request request;
  request.action = S3Action::kHead;
  request.method = HttpMethod::kHead;
  request.key = name.full_key;
  request.subject = name.full_key;
  return request;
}

Result<std::optional<ObjectInfo>> s3_head_result(const S3Client& client, const S3ObjectName& name,
                                                 const S3Request& request, const S3Reply& reply) {
  if (reply.response.status == 404) return std::nullopt;
  if (!reply.ok()) return fail(client.error(request, reply));
  if (!reply.response.headers.find("etag") && !reply.response.headers.find("last-modified")) {
    return bad_answer(name, "has neither ETag nor Last-Modified");  // of a proxy, perhaps, that says 200 to everything
  }
  ObjectInfo info = s3_object_info(name, reply.response.headers);
  const auto size =
      parse_number<std::uint64_t>(reply.response.headers.find("content-length").value_or(std::string_view()));
  if (!size) return bad_answer(name, "has no valid Content-Length");
  info.size = *size;
  return info;
}

Result<std::optional<ObjectInfo>> s3_head(S3Client& client, const S3ObjectName& name, const std::stop_token& stop,
                                          HttpHeaders* headers) {
  const S3Request request = s3_head_request(name);
  ATTACHE_ASSIGN(S3Reply reply, client.execute(request, stop));
  if (explain_refusal(client, name, reply, stop)) {
    ATTACHE_ASSIGN(reply, client.execute(request, stop));
  }
  ATTACHE_ASSIGN(std::optional<ObjectInfo> info, s3_head_result(client, name, request, reply));
  if (headers != nullptr) *headers = std::move(reply.response.headers);
  return info;
}

Result<std::optional<ObjectInfo>> s3_download(const S3TransferContext& context, const S3ObjectName& name,
                                              ObjectSink& sink, const GetOptions& options,
                                              const std::stop_token& stop) {
  return Download(context, name, sink, options, stop).run();
}

}  // namespace attache
