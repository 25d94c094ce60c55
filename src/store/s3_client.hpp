#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/aws/s3_endpoint.hpp>
#include <attache/aws/sigv4.hpp>
#include <attache/http/gated_transport.hpp>
#include <attache/http/transport.hpp>
#include <attache/http/url.hpp>
#include <attache/store/request_log.hpp>
#include <attache/store/retry_budget.hpp>
#include <attache/store/retry_policy.hpp>
#include <attache/store/s3_error.hpp>
#include <attache/store/s3_store.hpp>

#include "s3_documents.hpp"
#include "service_clock.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

namespace attache {

/// A request to S3, without what makes it go: address, signature, owner.
struct S3Request {
  S3Action action = S3Action::kGet;
  HttpMethod method = HttpMethod::kGet;
  std::string key;        ///< in full; empty: the bucket
  std::string subject;    ///< key or prefix for messages
  QueryParameters query;  ///< unencoded
  HttpHeaders headers;
  std::span<const std::byte> body;        ///< must stay valid until the request has ended
  HttpBodySource* body_source = nullptr;  ///< instead of `body`; must live as long
  /// Of the body, where S3Client::signs(): if it is known already; that of a body source must be.
  std::string body_sha256;
  /// The body is content, not a document: then its hash is signed over plain HTTP only. TLS protects it on the way,
  /// its CRC is in the headers, and a SHA-256 of everything would cost more than the encryption.
  bool is_content = false;
  HttpBodySink* sink = nullptr;
  std::optional<std::uint64_t> expected_bytes{};  ///< as HttpRequest::expected_bytes
  /// Whether the request was sent before matters to what its answer means: see HttpRequest::never_resend.
  bool never_resend = false;
  std::optional<std::chrono::seconds> stall_timeout;  ///< none: the transport's
  /// Called before every try, to change the headers for it (the rest of a range).
  std::function<void(HttpHeaders&)> before_attempt;
};

/// The last answer to a request, whatever its status.
struct S3Reply {
  HttpResponse response;
  S3ErrorDocument error;  ///< of any status that is not 2xx; of 2xx if the body is an error
  int attempts = 0;       ///< tries that were made, at least one
  /// It would have been tried again, had the budget for that not been spent.
  bool out_of_budget = false;
  Credentials used{};  ///< what it was signed with, which no error may show

  bool ok() const { return response.status >= 200 && response.status < 300 && error.code.empty(); }
};

/// Where requests go and how they are signed for it. Immutable.
struct S3Target {
  explicit S3Target(S3Endpoint where) : endpoint(std::move(where)), signer(endpoint.region(), "s3") {}
  S3Endpoint endpoint;
  SigV4Signer signer;
};

/// What all requests of a store have in common. Thread-safe.
///
/// A redirect is never followed. What it (or a refusal) says of the bucket's region is believed once per request: the
/// endpoint is derived anew for that region, as for any region that a user chose - a custom endpoint keeps its host -
/// and the request is signed for it, with scheme and expected owner as before. If that helps, later requests begin
/// there.
class S3Client {
 public:
  /// `endpoint` is the one of `settings` and the bucket.
  S3Client(const AwsSettings& settings, S3Endpoint endpoint, const S3StoreOptions& options, HttpTransport& transport,
           CredentialsProvider& credentials, WallClock clock);

  /// Sends one request and waits for its end, with retries.
  Result<S3Reply> execute(S3Request request, std::stop_token stop);

  /// The error for a reply that was not hoped for. Nothing of the credentials is in it, whatever the service says.
  Error error(const S3Request& request, const S3Reply& reply) const;

  const std::string& bucket() const { return bucket_; }

  /// Whether requests with content carry its hash.
  bool signs_content() const { return !target()->endpoint.is_tls(); }
  /// Whether this one carries the hash of its body.
  bool signs(const S3Request& request) const { return !request.is_content || signs_content(); }

 private:
  friend class S3Exchange;
  std::shared_ptr<const S3Target> target() const;
  /// The target for a region that a service named; nothing if it cannot be one.
  std::shared_ptr<const S3Target> target_in(std::string_view region) const;
  void remember(std::shared_ptr<const S3Target> target);
  /// Signs for a target; the credentials that were used.
  Result<Credentials> sign(HttpRequest& http, const S3Request& request, const S3Target& target,
                           const std::string& payload_hash, std::stop_token stop);
  double random();
  bool is_observed() const { return counter_ != nullptr || log_ != nullptr; }
  void observe(const RequestRecord& record) const;

  AwsSettings settings_;  // without secrets; to derive endpoints of other regions
  const std::string bucket_;
  const RetryPolicy retry_;
  const std::shared_ptr<RetryBudget> retry_budget_;
  const std::shared_ptr<RequestCounter> counter_;    // may be null
  const RequestLog log_;                             // may be empty
  const std::optional<std::string> expected_owner_;  // none: that of the credentials; empty: any
  const bool requester_pays_;
  CredentialsProvider& credentials_;
  ServiceClock clock_;
  std::optional<GatedTransport> gate_;
  HttpTransport& transport_;  // the gate, if there is one
  mutable std::mutex mutex_;
  std::shared_ptr<const S3Target> target_;  // guarded by mutex_
  std::minstd_rand random_;                 // guarded by mutex_
};

/// Requests in flight for one call of a store: several at a time, each tried again on its own. Everything but the
/// transport's work happens in the methods, on the calling thread; waits end at once when `stop` fires. When it goes,
/// it cancels what is left and waits for that.
class S3Exchange {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// After `deadline` everything is cancelled, as by `stop`, also what waits for credentials.
  S3Exchange(S3Client& client, std::stop_token stop, std::optional<Deadline> deadline = std::nullopt);
  S3Exchange(const S3Exchange&) = delete;
  S3Exchange& operator=(const S3Exchange&) = delete;
  ~S3Exchange();

  /// Starts a request; the ticket by which it is known. One that cannot be started, mostly for want of credentials,
  /// ends with that error, and so do those sent after it until wait() has told: whoever gives credentials out may take
  /// seconds to say that there are none, and would say it of each.
  std::size_t send(S3Request request);
  /// Requests that wait() has not given back yet.
  std::size_t pending() const { return calls_.size(); }

  struct Finished {
    std::size_t ticket = 0;
    S3Request request;  ///< without its headers
    Result<S3Reply> reply;
    std::chrono::steady_clock::duration took;  ///< the last try
  };
  /// Waits for the end of any request. At least one must be pending.
  Finished wait();

 private:
  using Clock = std::chrono::steady_clock;
  void cancel();
  struct Call {
    S3Request request;
    HttpRequest http;          ///< in use by the transport while in flight
    std::string payload_hash;  ///< empty until the first try
    std::shared_ptr<const S3Target> target;
    std::shared_ptr<const S3Target> url_of;  ///< the target that http.url is for
    Credentials used;                        ///< for the last try
    int attempts = 0;
    int failures = 0;  ///< tries that ended with a passing failure
    /// Each is put right once: the second time the same refusal has another reason.
    bool clock_corrected = false;
    /// The clock was corrected because a refusal might have been for it, which did not say so.
    std::optional<ServiceClock::Correction> suspicion;
    bool credentials_renewed = false;
    bool region_found = false;
    Clock::time_point started_at;
  };
  using Completion = std::pair<std::size_t, Result<HttpResponse>>;

  Status start(std::size_t ticket, Call& call);
  /// Puts right what a try was refused for; false if it cannot be, or has been before.
  bool mend(Call& call, RetryStep step, const AttemptOutcome& outcome, const Result<HttpResponse>& response);
  /// The clock goes as before, if it was only suspected; true if it was.
  bool take_suspicion_back(Call& call);
  /// Nothing if there will be another try.
  std::optional<Result<S3Reply>> end_of_attempt(std::size_t ticket, Call& call, Result<HttpResponse> response);
  void observe(const Call& call, const AttemptOutcome& outcome, const S3Reply& reply,
               const Result<HttpResponse>& response, std::optional<std::chrono::milliseconds> delay) const;
  /// Waits for the end of a try, until the next one is due, or for a stop.
  std::optional<Completion> next_completion();
  Finished finish(std::size_t ticket, Result<S3Reply> reply);

  S3Client& client_;
  std::unordered_map<std::size_t, std::unique_ptr<Call>> calls_;
  std::multimap<Clock::time_point, std::size_t> waiting_;  ///< calls that are not in flight, by when they are to start
  std::deque<Completion> ended_;                           ///< taken out of completions_
  std::deque<std::pair<std::size_t, Error>> refused_;      ///< calls that could not be started
  std::size_t next_ticket_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Completion> completions_;  // guarded by mutex_
  std::stop_source stop_;
  // Last: they use all of the above.
  std::stop_callback<std::function<void()>> forward_;
  std::jthread timer_;  // where there is a deadline
};

}  // namespace attache
