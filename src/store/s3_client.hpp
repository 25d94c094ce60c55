#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/aws/s3_endpoint.hpp>
#include <attache/aws/sigv4.hpp>
#include <attache/http/transport.hpp>
#include <attache/http/url.hpp>
#include <attache/store/retry_policy.hpp>
#include <attache/store/s3_error.hpp>
#include <attache/store/s3_store.hpp>

#include "s3_documents.hpp"

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
  std::span<const std::byte> body;  ///< must stay valid until the request has ended
  /// The body is content, not a document: then its hash is signed over plain HTTP only. TLS protects it on the way,
  /// its CRC is in the headers, and a SHA-256 of everything would cost more than the encryption.
  bool is_content = false;
  HttpBodySink* sink = nullptr;
  /// Called before every try, to change the headers for it (the rest of a range).
  std::function<void(HttpHeaders&)> before_attempt;
};

/// The last answer to a request, whatever its status.
struct S3Reply {
  HttpResponse response;
  S3ErrorDocument error;  ///< of any status that is not 2xx; of 200 if the body is an error
  int attempts = 0;       ///< tries that were made, at least one

  bool ok() const { return response.status >= 200 && response.status < 300 && error.code.empty(); }
};

/// What all requests of a store have in common. Thread-safe.
class S3Client {
 public:
  S3Client(S3Endpoint endpoint, const S3StoreOptions& options, HttpTransport& transport,
           CredentialsProvider& credentials, WallClock clock);

  /// Sends one request and waits for its end, with retries.
  Result<S3Reply> execute(S3Request request, std::stop_token stop);

  /// The error for a reply that was not hoped for.
  Error error(const S3Request& request, const S3Reply& reply) const;

  const std::string& bucket() const { return endpoint_.bucket(); }

 private:
  friend class S3Exchange;
  HttpRequest build(const S3Request& request) const;
  Status sign(HttpRequest& http, const S3Request& request, const std::string& payload_hash, std::stop_token stop);
  double random();

  const S3Endpoint endpoint_;
  const RetryPolicy retry_;
  const std::optional<std::string> expected_owner_;  // none: that of the credentials; empty: any
  const bool requester_pays_;
  HttpTransport& transport_;
  CredentialsProvider& credentials_;
  const WallClock clock_;
  const SigV4Signer signer_;
  mutable std::mutex mutex_;
  std::minstd_rand random_;  // guarded by mutex_
  std::string account_id_;   // guarded by mutex_: that the last request demanded of the bucket's owner
};

/// Requests in flight for one call of a store: several at a time, each tried again on its own. Everything but the
/// transport's work happens in the methods, on the calling thread; waits end at once when `stop` fires. When it goes,
/// it cancels what is left and waits for that.
class S3Exchange {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// After `deadline` everything is cancelled, as by `stop`.
  S3Exchange(S3Client& client, std::stop_token stop, std::optional<Deadline> deadline = std::nullopt);
  S3Exchange(const S3Exchange&) = delete;
  S3Exchange& operator=(const S3Exchange&) = delete;
  ~S3Exchange();

  /// Starts a request; the ticket by which it is known.
  std::size_t send(S3Request request);
  /// Requests that wait() has not given back yet.
  std::size_t pending() const { return calls_.size(); }

  struct Finished {
    std::size_t ticket = 0;
    S3Request request;
    Result<S3Reply> reply;
  };
  /// Waits for the end of any request. At least one must be pending.
  Finished wait();

 private:
  using Clock = std::chrono::steady_clock;
  struct Call {
    S3Request request;
    HttpRequest http;          ///< in use by the transport while in flight
    std::string payload_hash;  ///< empty until the first try
    int attempts = 0;
    std::optional<Clock::time_point> start_at;  ///< none: in flight
  };
  using Completion = std::pair<std::size_t, Result<HttpResponse>>;

  Status start(std::size_t ticket, Call& call);
  /// Nothing if there will be another try.
  std::optional<Result<S3Reply>> end_of_attempt(Call& call, Result<HttpResponse> response);
  /// Waits for the end of a try, until the next one is due, or for a stop.
  std::optional<Completion> next_completion();
  Finished finish(std::size_t ticket, Result<S3Reply> reply);

  S3Client& client_;
  const std::optional<Deadline> deadline_;
  std::map<std::size_t, std::unique_ptr<Call>> calls_;
  std::size_t next_ticket_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Completion> completions_;  // guarded by mutex_
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_;  // last: it uses all of the above
};

}  // namespace attache
