#include "s3_client.hpp"

#include <attache/base/text.hpp>

#include <algorithm>

namespace attache {

namespace {

std::string text_of(const HttpHeaders& headers, std::string_view name) {
  return std::string(headers.find(name).value_or(std::string_view()));
}

/// A refusal's document, or what the headers of an answer without one say.
S3ErrorDocument error_of(const HttpResponse& response) {
  S3ErrorDocument error;
  if (std::optional<S3ErrorDocument> document = parse_s3_error(response.body)) error = *std::move(document);
  if (error.request_id.empty()) error.request_id = text_of(response.headers, "x-amz-request-id");
  return error;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

/// 200 is sent before the work is done where that takes long: the body then has the last word.
bool may_fail_after_200(const S3Request& request) {
  return request.method == HttpMethod::kPost || request.headers.find("x-amz-copy-source");
}

}  // namespace

// --- S3Client ---

S3Client::S3Client(S3Endpoint endpoint, const S3StoreOptions& options, HttpTransport& transport,
                   CredentialsProvider& credentials, WallClock clock)
    : endpoint_(std::move(endpoint)),
      retry_(options.retry),
      expected_owner_(options.requester_pays ? options.expected_bucket_owner.value_or("")
                                             : options.expected_bucket_owner),
      requester_pays_(options.requester_pays),
      transport_(transport),
      credentials_(credentials),
      clock_(std::move(clock)),
      signer_(endpoint_.region(), "s3"),
      random_(std::random_device{}()) {}

Result<S3Reply> S3Client::execute(S3Request request, std::stop_token stop) {
  S3Exchange exchange(*this, std::move(stop));
  exchange.send(std::move(request));
  return exchange.wait().reply;
}

Error S3Client::error(const S3Request& request, const S3Reply& reply) const {
  S3Failure failure;
  failure.action = request.action;
  failure.status = reply.response.status;
  failure.code = reply.error.code;
  failure.message = reply.error.message;
  failure.bucket = endpoint_.bucket();
  failure.key = request.subject;
  failure.request_id = reply.error.request_id;
  failure.region = endpoint_.region();
  failure.bucket_region = text_of(reply.response.headers, "x-amz-bucket-region");
  failure.endpoint_region = reply.error.region;
  failure.expected_owner = expected_owner_.value_or("");
  const std::lock_guard lock(mutex_);
  failure.account_id = account_id_;
  return s3_error(failure);
}

HttpRequest S3Client::build(const S3Request& request) const {
  HttpRequest http;
  http.method = request.method;
  http.url = endpoint_.url(request.key, request.query);
  http.headers = request.headers;
  if (requester_pays_) http.headers.set("x-amz-request-payer", "requester");
  http.body = request.body;
  http.sink = request.sink;
  return http;
}

Status S3Client::sign(HttpRequest& http, const S3Request& request, const std::string& payload_hash,
                      std::stop_token stop) {
  ATTACHE_ASSIGN(const Credentials credentials, credentials_.get(std::move(stop)));
  const std::string owner = expected_owner_.value_or(credentials.account_id);
  if (!owner.empty()) {
    http.headers.set("x-amz-expected-bucket-owner", owner);
    if (request.headers.find("x-amz-copy-source")) http.headers.set("x-amz-source-expected-bucket-owner", owner);
  }
  {
    const std::lock_guard lock(mutex_);
    account_id_ = owner;
  }
  if (request.before_attempt) request.before_attempt(http.headers);
  return signer_.sign_request(http, payload_hash, credentials, std::chrono::floor<std::chrono::seconds>(clock_()));
}

double S3Client::random() {
  const std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_);
}

// --- S3Exchange ---

S3Exchange::S3Exchange(S3Client& client, std::stop_token stop, std::optional<Deadline> deadline)
    : client_(client), deadline_(deadline), forward_(std::move(stop), [this] {
        stop_.request_stop();
        // The lock orders this after a wait that has looked at the stop but does not sleep yet.
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
      }) {}

S3Exchange::~S3Exchange() {
  stop_.request_stop();
  // The transport uses the calls until it has said that it is done with them.
  std::size_t in_flight = 0;
  for (const auto& [ticket, call] : calls_) in_flight += call->start_at ? 0 : 1;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return completions_.size() >= in_flight; });
}

std::size_t S3Exchange::send(S3Request request) {
  const std::size_t ticket = next_ticket_++;
  auto call = std::make_unique<Call>();
  call->http = client_.build(request);
  call->request = std::move(request);
  call->start_at = Clock::now();
  Call& started = *calls_.emplace(ticket, std::move(call)).first->second;
  // What cannot be started now cannot be started in wait() either, which reports it.
  if (!stop_.stop_requested()) static_cast<void>(start(ticket, started));
  return ticket;
}

Status S3Exchange::start(std::size_t ticket, Call& call) {
  if (call.payload_hash.empty()) {
    if (call.request.is_content && client_.endpoint_.is_tls()) {
      call.payload_hash = kUnsignedPayload;
    } else {
      ATTACHE_ASSIGN(call.payload_hash, sha256_hex(call.request.body));
    }
  }
  ATTACHE_TRY(client_.sign(call.http, call.request, call.payload_hash, stop_.get_token()));
  ++call.attempts;
  call.start_at.reset();
  client_.transport_.start(call.http, stop_.get_token(), [this, ticket](Result<HttpResponse> response) {
    // Notified under the lock: after it is released the exchange may be gone.
    const std::lock_guard lock(mutex_);
    completions_.emplace_back(ticket, std::move(response));
    changed_.notify_all();
  });
  return {};
}

S3Exchange::Finished S3Exchange::wait() {
  for (;;) {
    for (const auto& [ticket, call] : calls_) {
      if (!call->start_at) continue;
      if (stop_.stop_requested()) return finish(ticket, cancelled());
      if (*call->start_at > Clock::now()) continue;
      if (Status started = start(ticket, *call); !started) return finish(ticket, fail(std::move(started).error()));
    }
    std::optional<Completion> completion = next_completion();
    if (!completion) continue;
    Call& call = *calls_.at(completion->first);
    if (auto reply = end_of_attempt(call, std::move(completion->second))) {
      return finish(completion->first, *std::move(reply));
    }
  }
}

std::optional<S3Exchange::Completion> S3Exchange::next_completion() {
  std::optional<Clock::time_point> wake;
  bool waits_for_retry = false;
  for (const auto& [ticket, call] : calls_) {
    if (!call->start_at) continue;
    waits_for_retry = true;
    wake = std::min(wake.value_or(*call->start_at), *call->start_at);
  }
  if (deadline_ && !stop_.stop_requested()) wake = std::min(wake.value_or(*deadline_), *deadline_);

  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return !completions_.empty() || (waits_for_retry && stop_.stop_requested()); };
  if (wake) {
    changed_.wait_until(lock, *wake, is_over);
  } else {
    changed_.wait(lock, is_over);
  }
  if (!completions_.empty()) {
    Completion completion = std::move(completions_.front());
    completions_.pop_front();
    return completion;
  }
  lock.unlock();
  if (deadline_ && Clock::now() >= *deadline_) stop_.request_stop();
  return std::nullopt;
}

std::optional<Result<S3Reply>> S3Exchange::end_of_attempt(Call& call, Result<HttpResponse> response) {
  AttemptOutcome outcome;
  S3Reply reply;
  reply.attempts = call.attempts;
  if (response) {
    if (!is_success(response->status) || may_fail_after_200(call.request)) reply.error = error_of(*response);
    outcome.status = response->status;
    outcome.code = reply.error.code;
    if (const auto field = response->headers.find("retry-after")) outcome.retry_after = parse_retry_after(*field);
  } else {
    outcome.error = response.error().code();
  }
  if (const auto delay = retry_delay(client_.retry_, call.attempts, outcome, client_.random())) {
    if (stop_.stop_requested()) return Result<S3Reply>(cancelled());
    call.start_at = Clock::now() + *delay;
    return std::nullopt;
  }
  if (response) {
    reply.response = *std::move(response);
    return Result<S3Reply>(std::move(reply));
  }
  if (outcome.error == ErrorCode::kCancelled) return Result<S3Reply>(cancelled());
  return Result<S3Reply>(
      fail(response.error().within(failed_action(call.request.action, client_.bucket(), call.request.subject))));
}

S3Exchange::Finished S3Exchange::finish(std::size_t ticket, Result<S3Reply> reply) {
  const auto found = calls_.find(ticket);
  Finished finished{ticket, std::move(found->second->request), std::move(reply)};
  calls_.erase(found);
  return finished;
}

}  // namespace attache
