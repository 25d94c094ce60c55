#include "s3_batch.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/number.hpp>
#include <attache/hash/crc.hpp>
#include <attache/store/object_rules.hpp>

#include "s3_checksum.hpp"
#include "source_reader.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attache {

namespace {

/// A whole object on its way into memory. Filled on the transport's thread while its request is in flight.
class WholeBody final : public HttpBodySink {
 public:
  /// `memory` is where it comes to, and must outlive it. `must_fill`: an object that is smaller is another one, too.
  WholeBody(std::span<std::byte> memory, bool must_fill) : memory_(memory), must_fill_(must_fill) {}

  Result<bool> begin(int status, const HttpHeaders& headers) override {
    size_ = 0;  // of an earlier try
    has_begun_ = false;
    if (status != 200 || (!headers.find("etag") && !headers.find("last-modified"))) return false;
    const auto length = parse_number<std::uint64_t>(headers.find("content-length").value_or(std::string_view()));
    if (!length || *length > memory_.size() || (must_fill_ && *length < memory_.size())) {
      is_other_ = true;
      other_size_ = length;
      if (must_fill_) headers_ = headers;
      return fail(ErrorCode::kService, "the object has another size");  // for nobody: it is got in another way
    }
    has_begun_ = true;
    return true;
  }
  Status write(std::span<const std::byte> data) override {
    // A transport that gave more than the Content-Length would have seen to it; memory is not left to that.
    if (data.size() > memory_.size() - size_) return fail(ErrorCode::kService, "the object is longer than it says");
    std::memcpy(memory_.data() + size_, data.data(), data.size());
    size_ += data.size();
    return {};
  }

  /// It is not what this can hold.
  bool is_other() const { return is_other_; }
  /// Then, the size that it has, if the service said so; and with `must_fill` what else it said of it.
  const std::optional<std::uint64_t>& other_size() const { return other_size_; }
  const HttpHeaders& headers() const { return headers_; }
  /// An object came, and not a document of the service's or of a proxy's.
  bool has_begun() const { return has_begun_; }
  std::span<const std::byte> data() const { return memory_.first(size_); }

 private:
  const std::span<std::byte> memory_;
  const bool must_fill_;
  std::size_t size_ = 0;
  bool has_begun_ = false;
  bool is_other_ = false;
  std::optional<std::uint64_t> other_size_;
  HttpHeaders headers_;
};

/// Bodies that are hashed together before they are sent, where they are signed: sha256_side_by_side() has so many
/// lanes.
constexpr std::size_t kHashedTogether = 4;

/// As long as more requests than these are under way, some that could be sent wait until so many are together.
constexpr std::size_t kEnoughUnderWay = 4;

/// Under way for one batch, whatever others have: large objects must not leave small ones waiting for each other.
constexpr std::uint64_t kBytesAnyway = 4 * kMiB;

class BatchRun {
 public:
  BatchRun(const S3TransferContext& context, ObjectStore& store, ObjectBatch& batch, const std::stop_token& stop)
      : context_(context), store_(store), batch_(batch), stop_(stop), exchange_(context.client, stop) {}

  Status run() {
    for (;;) {
      while (alone_.empty() && has_more_ && !stop_.stop_requested() && may_start()) {
        if (!start_next()) break;
      }
      const bool may_become_more =
          alone_.empty() && has_more_ && !stop_.stop_requested() && exchange_.pending() > kEnoughUnderWay;
      if (!may_become_more) send_prepared();
      if (exchange_.pending() > 0) {
        receive();
      } else if (!alone_.empty()) {
        run_in_turn(std::exchange(alone_, {}));
      } else {
        break;
      }
    }
    if (held_) end(*held_, cancelled());
    return stop_.stop_requested() ? Status(cancelled()) : Status();
  }

 private:
  struct Call {
    ObjectTask task;
    S3ObjectName name;
    std::optional<ByteBudget::Lease> lease;
    std::optional<FlightWindow::Flight> flight{};
    std::unique_ptr<std::byte[]> small{};  // the body's memory, if it is not the lease's
    std::optional<WholeBody> answer;       // kGet
    S3WholePut put;                        // kPut

    /// Memory for the body. That of a lease begins a page, into and out of which the kernel copies twice as fast, and
    /// is handed on; for a few KiB both cost more than they bring.
    std::span<std::byte> memory(std::size_t bytes) {
      if (bytes >= ByteBudget::kMappedFrom) return lease->memory();
      small = std::make_unique_for_overwrite<std::byte[]>(bytes);
      return {small.get(), bytes};
    }
  };

  /// A put that is complete but for its hash.
  struct Prepared {
    std::unique_ptr<Call> call;
    S3Request request;
    std::uint64_t bytes = 0;  ///< of the body, which goes or comes
  };

  /// Requests on their way, and those that soon will be.
  std::size_t pending() const { return exchange_.pending() + prepared_.size(); }

  bool may_start() const {
    const std::size_t pending = this->pending();
    return pending == 0 ||
           (pending < context_.options.requests_in_flight && (under_way_ < kBytesAnyway || context_.window.has_room()));
  }

  void end(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) { batch_.done(task, std::move(result)); }
  void run_in_turn(const ObjectTask& task) { end(task, run_alone(store_, task, stop_)); }
  void run_in_turn(const std::vector<ObjectTask>& tasks) {
    for (const ObjectTask& task : tasks) run_in_turn(task);
  }

  /// Starts a task, or ends it here and now. False: the next one has to wait for memory that others hold.
  bool start_next() {
    std::optional<ObjectTask> task = std::exchange(held_, std::nullopt);
    if (!task) task = batch_.next();
    if (!task) {
      has_more_ = false;
      return true;
    }
    const std::optional<std::uint64_t> bytes = bytes_of(*task);
    if (!bytes) {
      alone_.push_back(*std::move(task));
      return true;
    }
    std::optional<ByteBudget::Lease> lease;
    if (*bytes > 0) {
      if (pending() > 0) {
        lease = context_.budget.try_acquire(*bytes);
        if (!lease) {
          held_ = std::move(task);
          return false;
        }
      } else {
        Result<ByteBudget::Lease> waited = context_.budget.acquire(*bytes, stop_);
        if (!waited) {
          end(*task, fail(std::move(waited).error()));
          return true;
        }
        lease = *std::move(waited);
      }
    }
    Result<S3ObjectName> name = s3_object_name(context_.options, task->key);
    if (!name) {
      end(*task, fail(std::move(name).error()));
      return true;
    }
    auto call = std::make_unique<Call>();
    call->task = *std::move(task);
    call->name = *std::move(name);
    call->lease = std::move(lease);
    Result<S3Request> request = request_of(*call, static_cast<std::size_t>(*bytes));
    if (!request) {
      end(call->task, fail(std::move(request).error()));
      return true;
    }
    prepared_.push_back({std::move(call), *std::move(request), *bytes});
    const S3Request& prepared = prepared_.back().request;
    if (prepared.body.empty() || !context_.client.signs(prepared) || prepared_.size() == kHashedTogether) {
      send_prepared();
    }
    return true;
  }

  void send_prepared() {
    s3_hash_bodies(context_.client, prepared_);
    for (Prepared& each : prepared_) {
      each.call->flight.emplace(context_.window.start(each.bytes));
      under_way_ += each.bytes;
      calls_.emplace(exchange_.send(std::move(each.request)), std::move(each.call));
    }
    prepared_.clear();
  }

  /// Memory for the body; nothing if the task is not one for a single request.
  std::optional<std::uint64_t> bytes_of(const ObjectTask& task) const {
    switch (task.kind) {
      case ObjectTask::Kind::kHead:
        return 0;
      case ObjectTask::Kind::kGet: {
        const bool is_whole = task.get.offset == 0 && !task.get.length && task.get.if_match.empty();
        const std::optional<std::uint64_t> size = task.get.if_size ? task.get.if_size : task.expected_size;
        if (!is_whole || !size || *size > context_.options.part_bytes) return std::nullopt;
        return size;
      }
      case ObjectTask::Kind::kPut:
        break;
    }
    const std::uint64_t size = task.source->size();
    if (size >= context_.options.multipart_threshold) return std::nullopt;
    return size;
  }

  Result<S3Request> request_of(Call& call, std::size_t bytes) {
    switch (call.task.kind) {
      case ObjectTask::Kind::kHead:
        return s3_head_request(call.name);
      case ObjectTask::Kind::kGet: {
        S3Request request;
        request.action = S3Action::kGet;
        request.method = HttpMethod::kGet;
        request.key = call.name.full_key;
        request.subject = call.name.full_key;
        request.headers.set("x-amz-checksum-mode", "ENABLED");
        request.sink = &call.answer.emplace(call.memory(bytes), call.task.get.if_size.has_value());
        request.expected_bytes = bytes;
        return request;
      }
      case ObjectTask::Kind::kPut:
        break;
    }
    ATTACHE_TRY(check_object_metadata(call.task.key, call.task.put.metadata));
    ATTACHE_TRY(check_object_tags(call.task.key, call.task.put.tags));
    SourceReader reader(*call.task.source, call.name.uri);
    const std::span<std::byte> content = call.memory(bytes);
    ATTACHE_TRY(reader.fill(content, stop_));
    ATTACHE_TRY(reader.finish(stop_));
    call.task.source->release();
    call.put = s3_whole_put(call.name, content, call.task.put, context_.checksum.current());
    return call.put.request;
  }

  void receive() {
    S3Exchange::Finished finished = exchange_.wait();
    const auto found = calls_.find(finished.ticket);
    const std::unique_ptr<Call> call = std::move(found->second);
    calls_.erase(found);
    under_way_ -= call->flight->bytes();
    s3_arrived(*call->flight, finished);
    switch (call->task.kind) {
      case ObjectTask::Kind::kHead:
        return head(*call, finished);
      case ObjectTask::Kind::kGet:
        return get(*call, finished);
      case ObjectTask::Kind::kPut:
        return put(*call, finished);
    }
  }

  void head(const Call& call, const S3Exchange::Finished& finished) {
    if (!finished.reply) return end(call.task, fail(finished.reply.error()));
    const int status = finished.reply->response.status;
    if (status == 400 || status == 403) return run_in_turn(call.task);  // which finds out why
    end(call.task, s3_head_result(context_.client, call.name, finished.request, *finished.reply));
  }

  void get(Call& call, const S3Exchange::Finished& finished) {
    WholeBody& body = *call.answer;
    if (body.is_other()) {
      if (call.task.get.if_size && body.other_size()) {
        ObjectInfo info = s3_object_info(call.name, body.headers());
        info.size = *body.other_size();
        return end(call.task, fail(begin_sink(*call.task.sink, info, call.task.get, call.name.uri).error()));
      }
      return alone_.push_back(call.task);
    }
    if (!finished.reply) return end(call.task, fail(finished.reply.error()));
    const S3Reply& reply = *finished.reply;
    if (reply.response.status == 404 && reply.error.code != "NoSuchBucket") return end(call.task, std::nullopt);
    if (!reply.ok()) return end(call.task, fail(context_.client.error(finished.request, reply)));
    const HttpHeaders& headers = reply.response.headers;
    // Damage is repaired, if it can be, by the method for one object, which also says what else is wrong.
    if (!body.has_begun() || !check_claims(body.data(), headers, call.name)) {
      return alone_.push_back(call.task);
    }
    ObjectInfo info = s3_object_info(call.name, headers);
    info.size = body.data().size();
    Status written = begin_sink(*call.task.sink, info, call.task.get, call.name.uri);
    if (written && !body.data().empty()) written = call.task.sink->write(body.data());
    if (!written) return end(call.task, fail(std::move(written).error()));
    end(call.task, std::move(info));
  }

  static bool check_claims(std::span<const std::byte> data, const HttpHeaders& headers, const S3ObjectName& name) {
    const auto crc64 = headers.find(s3_checksum_field(S3Checksum::kCrc64Nvme));
    if (crc64 && !check_claim(S3Checksum::kCrc64Nvme, crc64nvme(data), *crc64, name.uri)) return false;
    const auto crc32 = headers.find(s3_checksum_field(S3Checksum::kCrc32c));
    return !crc32 || check_claim(S3Checksum::kCrc32c, crc32c(data), *crc32, name.uri).has_value();
  }

  void put(const Call& call, const S3Exchange::Finished& finished) {
    if (!finished.reply) return end(call.task, fail(finished.reply.error()));
    // Once for a server, mostly: what it takes is remembered.
    const bool is_refused = call.put.checksum != S3Checksum::kNone && may_refuse_checksum(*finished.reply);
    Status status = is_refused
                        ? s3_put_bytes(context_, call.name, call.put.request.body, call.task.put, stop_)
                        : s3_whole_put_result(context_.client, call.name, call.put, *finished.reply, call.task.put);
    if (!status) return end(call.task, fail(std::move(status).error()));
    ObjectInfo info;
    info.key = call.task.key;
    info.size = call.put.request.body.size();
    end(call.task, std::move(info));
  }

  const S3TransferContext context_;
  ObjectStore& store_;
  ObjectBatch& batch_;
  const std::stop_token& stop_;
  bool has_more_ = true;
  std::uint64_t under_way_ = 0;     // bytes of bodies
  std::optional<ObjectTask> held_;  // taken, and waiting for memory
  std::vector<Prepared> prepared_;  // not sent yet
  /// For the methods for one object, when nothing is under way any more: these wait for memory, and who waits for that
  /// must hold none, least of all what only this thread could give back.
  std::vector<ObjectTask> alone_;
  std::unordered_map<std::size_t, std::unique_ptr<Call>> calls_;  // by ticket
  S3Exchange exchange_;  // last: goes first, so that nothing is written into a body that is gone
};

}  // namespace

Status s3_run_batch(const S3TransferContext& context, ObjectStore& store, ObjectBatch& batch,
                    const std::stop_token& stop) {
  return BatchRun(context, store, batch, stop).run();
}

}  // namespace attache
