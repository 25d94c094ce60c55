#include "fault_transport.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace attache::testing {

namespace {

std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

Result<HttpResponse> broken(const char* how) {
  return fail(ErrorCode::kNetwork, std::string("the connection to fake:80 ") + how, "try again");
}

/// Of a fault that needs no service; nothing for those that do.
std::optional<Result<HttpResponse>> instead(S3Fault fault) {
  switch (fault) {
    case S3Fault::k500:
      return FakeS3::error(500, "InternalError");
    case S3Fault::k502:
      return respond(502, "<html>Bad Gateway</html>");
    case S3Fault::k503:
      return FakeS3::error(503, "SlowDown");
    case S3Fault::k429:
      return FakeS3::error(429, "TooManyRequests");
    case S3Fault::k400Timeout:
      return FakeS3::error(400, "RequestTimeout");
    case S3Fault::kResetBefore:
    case S3Fault::kResetInRequest:
      return broken("was reset");
    case S3Fault::kStall:
      return broken("stalled");
    case S3Fault::k200Error:
      return FakeS3::error(200, "InternalError");
    case S3Fault::k416:
      return FakeS3::error(416, "InvalidRange");
    case S3Fault::k301:
    case S3Fault::k307: {
      HttpResponse response = FakeS3::error(fault == S3Fault::k301 ? 301 : 307, "PermanentRedirect");
      response.headers.add("x-amz-bucket-region", "eu-west-1");
      response.headers.add("Location", "http://trap.invalid/");
      return response;
    }
    case S3Fault::kExpiredToken:
      return FakeS3::error(400, "ExpiredToken");
    case S3Fault::kTimeTooSkewed: {
      HttpResponse response = FakeS3::error(403, "RequestTimeTooSkewed");
      response.headers.add("Date", "Wed, 22 May 2024 22:17:03 GMT");
      return response;
    }
    case S3Fault::k403:
      return FakeS3::error(403, "AccessDenied");
    case S3Fault::k403Kms:
      return FakeS3::error(403, "AccessDenied", "not authorized to perform: kms:Decrypt");
    case S3Fault::kNone:
    case S3Fault::kResetInAnswer:
    case S3Fault::kResetAfterAnswer:
    case S3Fault::kLostAnswer:
    case S3Fault::kDrip:
    case S3Fault::kTruncated:
    case S3Fault::kExtraBytes:
    case S3Fault::kFlippedByte:
    case S3Fault::kShortLength:
    case S3Fault::kLongLength:
    case S3Fault::k200InsteadOf206:
      return std::nullopt;
  }
  return std::nullopt;
}

/// Gives an answer to a request's sink, as a transport would.
Result<HttpResponse> deliver(const HttpRequest& request, Result<HttpResponse> result) {
  if (!result) return result;
  if (request.method == HttpMethod::kHead) result->body.clear();
  result->body_bytes = result->body.size();
  if (request.sink == nullptr) return result;
  ATTACHE_ASSIGN(const bool takes, request.sink->begin(result->status, result->headers));
  if (!takes) return result;
  if (!result->body.empty()) ATTACHE_TRY(request.sink->write(std::as_bytes(std::span(result->body))));
  result->body.clear();
  return result;
}

/// A request whose answer is changed on its way, and all that it needs.
class Altered final : public HttpBodySink {
 public:
  Altered(S3Fault how, std::uint64_t random, const HttpRequest& original)
      : fault_(how), random_(random), request_(original), sink_(original.sink) {
    if (request_.sink != nullptr) request_.sink = this;
    if (how == S3Fault::k200InsteadOf206) request_.headers.remove("range");
    if (how == S3Fault::kFlippedByte && !original.body.empty()) {
      body_.assign(original.body.begin(), original.body.end());
      flip(body_[random % body_.size()]);
      request_.body = body_;
    }
  }

  const HttpRequest& request() const { return request_; }

  Result<bool> begin(int status, const HttpHeaders& headers) override {
    if (fault_ == S3Fault::kLostAnswer) return true;
    return sink_->begin(status, headers);
  }

  Status write(std::span<const std::byte> data) override {
    if (fault_ == S3Fault::kLostAnswer) return {};
    const std::size_t begin = std::exchange(received_, received_ + data.size());
    // Somewhere in the first 4 KiB, which most bodies have.
    const std::size_t at = random_ % 4096;
    const bool is_here = at >= begin && at < begin + data.size();
    if (fault_ == S3Fault::kFlippedByte && is_here) {
      std::vector<std::byte> copy(data.begin(), data.end());
      flip(copy[at - begin]);
      return sink_->write(copy);
    }
    if ((fault_ == S3Fault::kTruncated || fault_ == S3Fault::kResetInAnswer) && is_here) {
      if (at > begin) ATTACHE_TRY(sink_->write(data.first(at - begin)));
      return fail(broken("broke in the middle of a body").error());
    }
    return sink_->write(data);
  }

  /// What the caller is told.
  Result<HttpResponse> end(Result<HttpResponse> result) {
    if (!result) return result;
    switch (fault_) {
      case S3Fault::kLostAnswer:
      case S3Fault::kTruncated:
      case S3Fault::kResetInAnswer:
        return broken("broke");
      case S3Fault::kFlippedByte:
        // A document's last tag: other bytes may be text that nobody can check.
        if (body_.empty() && !result->body.empty()) {
          char& byte = result->body[result->body.rfind('<') == std::string::npos ? 0 : result->body.rfind('<')];
          byte = static_cast<char>(byte ^ 0x20);
        }
        return result;
      default:
        return result;
    }
  }

 private:
  static void flip(std::byte& byte) { byte ^= std::byte{0x20}; }

  const S3Fault fault_;
  const std::uint64_t random_;
  HttpRequest request_;
  HttpBodySink* sink_;
  std::vector<std::byte> body_;
  std::size_t received_ = 0;
};

}  // namespace

std::array<double, kS3Faults> FaultTransportOptions::default_weights() {
  std::array<double, kS3Faults> weights{};
  for (std::size_t i = 0; i < kS3Faults; ++i) {
    switch (static_cast<S3Fault>(i)) {
      case S3Fault::kNone:
      case S3Fault::kResetAfterAnswer:
      case S3Fault::kDrip:
      case S3Fault::kExtraBytes:
      case S3Fault::kShortLength:
      case S3Fault::kLongLength:
        weights[i] = 0;
        break;
      case S3Fault::k416:
      case S3Fault::k403:
      case S3Fault::k403Kms:
      case S3Fault::k200InsteadOf206:
        weights[i] = 0.25;
        break;
      default:
        weights[i] = 1;
    }
  }
  return weights;
}

FaultTransport::FaultTransport(HttpTransport& inner, FaultTransportOptions options)
    : inner_(inner),
      options_(std::move(options)),
      thread_([this](const std::stop_token& shutdown) { run(shutdown); }) {}

FaultTransport::~FaultTransport() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ == 0; });
  }
  thread_.request_stop();
  thread_.join();
}

S3Fault FaultTransport::choose(const HttpRequest& request, std::uint64_t& random) {
  const std::string name = std::string(to_string(request.method)) + request.url;
  std::uint64_t times = 0;
  {
    const std::lock_guard lock(mutex_);
    times = sent_[name]++;
  }
  random = mix(mix(options_.seed) ^ hash_of(name) ^ mix(times));
  const auto fraction = [&] {
    random = mix(random);
    return static_cast<double>(random >> 11U) * 0x1.0p-53;
  };
  if (fraction() >= options_.rate) return S3Fault::kNone;
  double sum = 0;
  for (const double weight : options_.weights) sum += weight;
  double at = fraction() * sum;
  random = mix(random);
  for (std::size_t i = 0; i < kS3Faults; ++i) {
    at -= options_.weights[i];
    if (at < 0) return static_cast<S3Fault>(i);
  }
  return S3Fault::k500;
}

void FaultTransport::start(const HttpRequest& request, std::stop_token stop, Completion done) {
  std::uint64_t random = 0;
  const S3Fault fault = choose(request, random);
  if (fault != S3Fault::kNone && options_.on_fault) options_.on_fault(fault, request);
  if (auto answer = instead(fault)) {
    const auto delay = fault == S3Fault::kStall ? options_.stall : std::chrono::milliseconds(0);
    deliver_later(request, std::move(stop), *std::move(answer), std::move(done), delay);
    return;
  }
  start_altered(fault, random, request, std::move(stop), std::move(done));
}

void FaultTransport::start_altered(S3Fault fault, std::uint64_t random, const HttpRequest& request,
                                   std::stop_token stop, Completion done) {
  {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  auto altered = std::make_shared<Altered>(fault, random, request);
  const HttpRequest& sent = altered->request();
  inner_.start(sent, std::move(stop), [this, altered, done = std::move(done)](Result<HttpResponse> result) {
    done(altered->end(std::move(result)));
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  });
}

void FaultTransport::deliver_later(const HttpRequest& request, std::stop_token stop, Result<HttpResponse> result,
                                   Completion done, std::chrono::milliseconds delay) {
  auto due = std::make_unique<Due>(request, std::move(stop), std::move(result), std::move(done), Clock::now() + delay);
  due->on_stop.emplace(due->stop, Poke{this});  // may run here and now, so without the lock
  const std::lock_guard lock(mutex_);
  ++running_;
  due_.push_back(std::move(due));
  poked_ = true;
  changed_.notify_all();
}

void FaultTransport::poke() {
  const std::lock_guard lock(mutex_);
  poked_ = true;
  changed_.notify_all();
}

void FaultTransport::run(const std::stop_token& shutdown) {
  std::unique_lock lock(mutex_);
  while (!shutdown.stop_requested()) {
    poked_ = false;
    std::list<std::unique_ptr<Due>> ready;
    Clock::time_point next = Clock::time_point::max();
    for (auto it = due_.begin(); it != due_.end();) {
      const auto at = it++;
      if ((*at)->at <= Clock::now() || (*at)->stop.stop_requested()) {
        ready.splice(ready.end(), due_, at);
      } else {
        next = std::min(next, (*at)->at);
      }
    }
    if (!ready.empty()) {
      lock.unlock();
      for (const auto& due : ready) {
        due->on_stop.reset();
        const bool is_cancelled = due->stop.stop_requested();
        due->done(is_cancelled ? Result<HttpResponse>(cancelled()) : deliver(*due->request, std::move(due->result)));
      }
      lock.lock();
      running_ -= ready.size();
      changed_.notify_all();
      continue;
    }
    if (next == Clock::time_point::max()) {
      changed_.wait(lock, shutdown, [&] { return poked_; });
    } else {
      changed_.wait_until(lock, shutdown, next, [&] { return poked_; });
    }
  }
}

}  // namespace attache::testing
