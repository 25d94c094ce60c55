#include "s3_client.hpp"

#include <attache/base/text.hpp>

#include "secret_filter.hpp"

#include <algorithm>
#include <system_error>

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

/// 200 is sent before the work is done where that takes long (completing, copying, deleting many), and by proxies that
/// know no better: a body then has the last word. Bodies that a sink took are content, and are not here.
bool may_be_error(const HttpResponse& response) {
  return !is_success(response.status) || response.body.find("<Error") != std::string::npos;
}

/// Letters, digits and hyphens: it becomes part of a host name, and the service may be anybody.
bool is_region(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  return !text.empty() && text.size() <= kLongest && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

LoadSignal s3_load_signal(const Result<HttpResponse>& response) {
  const LoadSignal signal = http_load_signal(response);
  if (!response || signal == LoadSignal::kOverloaded || is_success(response->status) || response->body.empty()) {
    return signal;
  }
  const std::optional<S3ErrorDocument> document = parse_s3_error(response->body);
  return document && is_throttling(response->status, document->code) ? LoadSignal::kOverloaded : signal;
}

/// The transport with the gates that the options want, made in `gate`; without any, the transport itself.
HttpTransport& gated(std::optional<GatedTransport>& gate, const S3StoreOptions& options, HttpTransport& transport) {
  std::vector<std::unique_ptr<RequestGate>> gates;
  if (options.concurrency.most > 0) {
    gates.push_back(std::make_unique<ConcurrencyGate>(options.concurrency, s3_load_signal));
  }
  if (options.rate_limit.requests_per_second > 0 || options.rate_limit.bytes_per_second > 0) {
    gates.push_back(std::make_unique<RateGate>(options.rate_limit, std::chrono::steady_clock::now()));
  }
  if (gates.empty()) return transport;
  return gate.emplace(transport, std::move(gates));
}

AwsSettings settings_without_secrets(AwsSettings settings) {
  settings.options.credentials = {};
  settings.profiles = {};
  return settings;
}

constexpr const char* kOutOfBudget =
    "; it was not tried again, because too many requests have failed and been repeated already";

}  // namespace

// --- S3Client ---

S3Client::S3Client(const AwsSettings& settings, S3Endpoint endpoint, const S3StoreOptions& options,
                   HttpTransport& transport, CredentialsProvider& credentials, WallClock clock)
    : settings_(settings_without_secrets(settings)),
      bucket_(endpoint.bucket()),
      retry_(options.retry),
      retry_budget_(options.retry_budget ? options.retry_budget : std::make_shared<RetryBudget>()),
      counter_(options.counter),
      log_(options.log),
      expected_owner_(options.requester_pays ? options.expected_bucket_owner.value_or("")
                                             : options.expected_bucket_owner),
      requester_pays_(options.requester_pays),
      credentials_(credentials),
      clock_(std::move(clock)),
      transport_(gated(gate_, options, transport)),
      target_(std::make_shared<S3Target>(std::move(endpoint))),
      random_(std::random_device{}()) {}

Result<S3Reply> S3Client::execute(S3Request request, std::stop_token stop) {
  S3Exchange exchange(*this, std::move(stop));
  exchange.send(std::move(request));
  return exchange.wait().reply;
}

Error S3Client::error(const S3Request& request, const S3Reply& reply) const {
  const auto shown = [&reply](std::string_view text) { return without_secrets(std::string(text), reply.used); };
  S3Failure failure;
  failure.action = request.action;
  failure.status = reply.response.status;
  failure.code = shown(reply.error.code);
  failure.message = shown(reply.error.message);
  failure.bucket = bucket_;
  failure.key = request.subject;
  failure.request_id = shown(reply.error.request_id);
  failure.region = target()->endpoint.region();
  failure.bucket_region = shown(text_of(reply.response.headers, "x-amz-bucket-region"));
  failure.endpoint_region = shown(reply.error.region);
  failure.account_id = expected_owner_.value_or(reply.used.account_id);
  failure.expected_owner = expected_owner_.value_or("");
  Error error = s3_error(failure);
  if (!reply.out_of_budget) return error;
  return Error(error.code(), error.message() + kOutOfBudget, error.remedy());
}

std::shared_ptr<const S3Target> S3Client::target() const {
  const std::lock_guard lock(mutex_);
  return target_;
}

std::shared_ptr<const S3Target> S3Client::target_in(std::string_view region) const {
  if (!is_region(region)) return nullptr;
  AwsSettings settings = settings_;
  settings.region = region;
  Result<S3Endpoint> endpoint = S3Endpoint::make(settings, bucket_);
  return endpoint ? std::make_shared<S3Target>(*std::move(endpoint)) : nullptr;
}

void S3Client::remember(std::shared_ptr<const S3Target> target) {
  const std::lock_guard lock(mutex_);
  target_ = std::move(target);
}

Result<Credentials> S3Client::sign(HttpRequest& http, const S3Request& request, const S3Target& target,
                                   const std::string& payload_hash, std::stop_token stop) {
  ATTACHE_ASSIGN(Credentials credentials, credentials_.get(std::move(stop)));
  const std::string& owner = expected_owner_ ? *expected_owner_ : credentials.account_id;
  if (!owner.empty()) {
    http.headers.set("x-amz-expected-bucket-owner", owner);
    if (http.headers.find("x-amz-copy-source")) http.headers.set("x-amz-source-expected-bucket-owner", owner);
  }
  if (request.before_attempt) request.before_attempt(http.headers);
  ATTACHE_TRY(target.signer.sign_request(http, payload_hash, credentials,
                                         std::chrono::floor<std::chrono::seconds>(clock_.now())));
  return credentials;
}

double S3Client::random() {
  const std::lock_guard lock(mutex_);
  return std::uniform_real_distribution<double>(0.0, 1.0)(random_);
}

void S3Client::observe(const RequestRecord& record) const {
  if (counter_ != nullptr) counter_->add(record);
  if (log_) log_(to_json_line(record));
}

// --- S3Exchange ---

S3Exchange::S3Exchange(S3Client& client, std::stop_token stop, std::optional<Deadline> deadline)
    : client_(client), forward_(std::move(stop), [this] { cancel(); }) {
  if (!deadline) return;
  // A thread, as the caller's may be in a fetch of credentials that ends by a stop only.
  try {
    timer_ = std::jthread([this, at = *deadline](const std::stop_token& ended) {
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait_until(lock, ended, at, [] { return false; });
      if (!ended.stop_requested()) cancel();
    });
  } catch (const std::system_error&) {
    cancel();  // no thread is to be had: better nothing than longer than it may take
  }
}

void S3Exchange::cancel() {
  stop_.request_stop();
  // The lock orders this after a wait that has looked at the stop but does not sleep yet.
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

S3Exchange::~S3Exchange() {
  stop_.request_stop();
  // The transport uses the calls until it has said that it is done with them.
  const std::size_t in_flight = calls_.size() - waiting_.size() - ended_.size() - refused_.size();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return completions_.size() >= in_flight; });
}

std::size_t S3Exchange::send(S3Request request) {
  const std::size_t ticket = next_ticket_++;
  auto call = std::make_unique<Call>();
  call->http.method = request.method;
  call->http.headers = std::move(request.headers);
  if (client_.requester_pays_) call->http.headers.set("x-amz-request-payer", "requester");
  call->http.body = request.body;
  call->http.body_source = request.body_source;
  call->http.sink = request.sink;
  call->http.expected_bytes = request.expected_bytes;
  call->http.never_resend = request.never_resend;
  call->http.stall_timeout = request.stall_timeout;
  // An abort must not wait behind the work that it ends.
  call->http.urgent = request.action == S3Action::kAbort;
  call->request = std::move(request);
  Call& started = *calls_.emplace(ticket, std::move(call)).first->second;
  if (stop_.stop_requested()) {
    waiting_.emplace(Clock::now(), ticket);  // for wait() to end it
  } else if (!refused_.empty()) {
    refused_.emplace_back(ticket, refused_.back().second);
  } else if (Status status = start(ticket, started); !status) {
    refused_.emplace_back(ticket, std::move(status).error());
  }
  return ticket;
}

Status S3Exchange::start(std::size_t ticket, Call& call) {
  if (call.payload_hash.empty()) {
    if (!client_.signs(call.request)) {
      call.payload_hash = kUnsignedPayload;
    } else if (call.request.body_source != nullptr || !call.request.body_sha256.empty()) {
      call.payload_hash = call.request.body_sha256;
    } else {
      ATTACHE_ASSIGN(call.payload_hash, sha256_hex(call.request.body));
    }
  }
  if (!call.region_found) call.target = client_.target();
  if (call.target != call.url_of) {
    call.http.url = call.target->endpoint.url(call.request.key, call.request.query);
    call.url_of = call.target;
  }
  ATTACHE_ASSIGN(call.used, client_.sign(call.http, call.request, *call.target, call.payload_hash, stop_.get_token()));
  ++call.attempts;
  call.started_at = Clock::now();
  client_.transport_.start(call.http, stop_.get_token(), [this, ticket](Result<HttpResponse> response) {
    // Notified under the lock: after it is released the exchange may be gone.
    const std::lock_guard lock(mutex_);
    completions_.emplace_back(ticket, std::move(response));
    changed_.notify_all();
  });
  return {};
}

S3Exchange::Finished S3Exchange::wait() {
  if (!refused_.empty()) {
    const auto [ticket, error] = std::move(refused_.front());
    refused_.pop_front();
    return finish(ticket, stop_.stop_requested() ? Result<S3Reply>(cancelled()) : Result<S3Reply>(fail(error)));
  }
  for (;;) {
    while (!waiting_.empty()) {
      const auto [start_at, ticket] = *waiting_.begin();
      if (!stop_.stop_requested() && start_at > Clock::now()) break;
      waiting_.erase(waiting_.begin());
      if (stop_.stop_requested()) return finish(ticket, cancelled());
      if (Status started = start(ticket, *calls_.at(ticket)); !started) {
        return finish(ticket, fail(std::move(started).error()));
      }
    }
    std::optional<Completion> completion = next_completion();
    if (!completion) continue;
    Call& call = *calls_.at(completion->first);
    if (auto reply = end_of_attempt(completion->first, call, std::move(completion->second))) {
      return finish(completion->first, *std::move(reply));
    }
  }
}

std::optional<S3Exchange::Completion> S3Exchange::next_completion() {
  if (ended_.empty()) {
    const bool waits_for_retry = !waiting_.empty();
    std::unique_lock lock(mutex_);
    const auto is_over = [&] { return !completions_.empty() || (waits_for_retry && stop_.stop_requested()); };
    if (waits_for_retry) {
      changed_.wait_until(lock, waiting_.begin()->first, is_over);
    } else {
      changed_.wait(lock, is_over);
    }
    ended_.swap(completions_);  // all at once: with hundreds in flight, most are there when the first one is
  }
  if (ended_.empty()) return std::nullopt;
  Completion completion = std::move(ended_.front());
  ended_.pop_front();
  return completion;
}

bool S3Exchange::take_suspicion_back(Call& call) {
  if (!call.suspicion) return false;
  client_.clock_.undo(*call.suspicion);
  call.suspicion.reset();
  return true;
}

bool S3Exchange::mend(Call& call, RetryStep step, const AttemptOutcome& outcome, const Result<HttpResponse>& response) {
  switch (step) {
    case RetryStep::kNone:
      // Refused all the same: the time was not what was wrong, and the Date may be a proxy's own.
      if (is_refusal(outcome.status)) take_suspicion_back(call);
      return false;
    case RetryStep::kRepeat:
      return false;
    case RetryStep::kCorrectClock: {
      // Refused for the service's time: that of who compares signatures is another one. What else was wrong then?
      if (call.clock_corrected) return take_suspicion_back(call);
      call.clock_corrected = true;
      const ServiceClock::Correction correction = client_.clock_.correct(text_of(response->headers, "date"));
      if (!names_clock(outcome.code)) call.suspicion = correction;
      // Also without a correction: the request may have waited for its turn until its signature was too old.
      return true;
    }
    case RetryStep::kRenewCredentials:
      if (call.credentials_renewed) return false;
      call.credentials_renewed = true;
      client_.credentials_.discard(call.used);
      return true;
    case RetryStep::kFindRegion: {
      if (call.region_found || outcome.region == call.target->endpoint.region()) return false;
      std::shared_ptr<const S3Target> target = client_.target_in(outcome.region);
      if (target == nullptr) return false;
      call.region_found = true;
      call.target = std::move(target);
      return true;
    }
  }
  return false;
}

// Every request may be sent again, whatever became of the try before; so retries need to know nothing of operations:
// - HEAD, GET, LIST read.
// - PUT of an object or part writes the same bytes under the same name again. With If-None-Match the second one meets
//   what the first one stored, and is refused with 412: kAlreadyExists, and the object is there whole.
// - Creating an upload makes another one: if the first one's answer was lost, it stays unfinished until a rule of the
//   bucket or the command for leftovers removes it. Nothing of it can be seen.
// - Completing twice gives success twice at S3; servers that forget a completed upload say NoSuchUpload, and the caller
//   then looks whether the object is there.
// - Aborting and deleting what is gone already is success, or said to be so by the caller.
// - Copying is a PUT; deleting many is a DELETE of each.
std::optional<Result<S3Reply>> S3Exchange::end_of_attempt(std::size_t ticket, Call& call,
                                                          Result<HttpResponse> response) {
  AttemptOutcome outcome;
  S3Reply reply;
  reply.attempts = call.attempts;
  std::string bucket_region;
  if (response) {
    if (may_be_error(*response)) reply.error = error_of(*response);
    outcome.status = response->status;
    outcome.code = reply.error.code;
    if (const auto field = response->headers.find("retry-after")) outcome.retry_after = parse_retry_after(*field);
    if (!is_success(response->status)) {
      bucket_region = text_of(response->headers, "x-amz-bucket-region");
      outcome.region = bucket_region.empty() ? reply.error.region : bucket_region;
      outcome.clock_differs = client_.clock_.differs(text_of(response->headers, "date"));
    }
  } else {
    outcome.error = response.error().code();
  }

  std::optional<std::chrono::milliseconds> delay;
  const RetryStep step = next_step(outcome);
  if (step == RetryStep::kRepeat) {
    delay = retry_delay(client_.retry_, ++call.failures, outcome, client_.random());
    if (delay && !client_.retry_budget_->take()) {
      delay.reset();
      reply.out_of_budget = true;
    }
  } else {
    if (response) client_.retry_budget_->refund();
    if (response && call.region_found && step != RetryStep::kFindRegion) client_.remember(call.target);
    if (mend(call, step, outcome, response)) delay = std::chrono::milliseconds(0);
  }
  if (client_.is_observed()) observe(call, outcome, reply, response, delay);

  if (delay) {
    if (stop_.stop_requested()) return Result<S3Reply>(cancelled());
    waiting_.emplace(Clock::now() + *delay, ticket);
    return std::nullopt;
  }
  if (response) {
    reply.response = *std::move(response);
    reply.used = std::move(call.used);
    return Result<S3Reply>(std::move(reply));
  }
  if (outcome.error == ErrorCode::kCancelled) return Result<S3Reply>(cancelled());
  const Error error =
      response.error().within(failed_action(call.request.action, client_.bucket(), call.request.subject));
  if (!reply.out_of_budget) return Result<S3Reply>(fail(error));
  return Result<S3Reply>(fail(error.code(), error.message() + kOutOfBudget, error.remedy()));
}

void S3Exchange::observe(const Call& call, const AttemptOutcome& outcome, const S3Reply& reply,
                         const Result<HttpResponse>& response, std::optional<std::chrono::milliseconds> delay) const {
  const std::string code = without_secrets(reply.error.code, call.used);
  const std::string request_id =
      response ? without_secrets(reply.error.request_id.empty() ? text_of(response->headers, "x-amz-request-id")
                                                                : reply.error.request_id,
                                 call.used)
               : std::string();
  RequestRecord record;
  record.operation = s3_operation(call.request.method, call.request.key, call.request.query, call.http.headers);
  record.bucket = client_.bucket();
  record.key = call.request.subject;
  record.attempt = call.attempts;
  record.status = outcome.status;
  record.code = code;
  record.error = outcome.error;
  record.request_id = request_id;
  record.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - call.started_at);
  record.sent = body_bytes(call.http);
  record.received = response ? response->body_bytes : 0;
  record.retry_in = delay;
  client_.observe(record);
}

S3Exchange::Finished S3Exchange::finish(std::size_t ticket, Result<S3Reply> reply) {
  const auto found = calls_.find(ticket);
  Finished finished{ticket, std::move(found->second->request), std::move(reply),
                    Clock::now() - found->second->started_at};
  calls_.erase(found);
  return finished;
}

}  // namespace attache
