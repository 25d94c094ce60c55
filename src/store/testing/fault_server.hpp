#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/http/testing/scripted_server.hpp>
#include <attache/store/testing/fake_s3.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace attache::testing {

/// What can go wrong with one request. Where the request has an effect, each says whether it happens.
enum class S3Fault {
  kNone,
  k500,               ///< InternalError; no effect
  k502,               ///< a proxy's page; no effect
  k503,               ///< SlowDown; no effect
  k429,               ///< TooManyRequests; no effect
  k400Timeout,        ///< RequestTimeout; no effect
  kResetBefore,       ///< a reset instead of an answer; no effect
  kResetInRequest,    ///< a reset in the middle of the request's body; no effect
  kResetInAnswer,     ///< a reset in the middle of the answer; after the effect
  kResetAfterAnswer,  ///< a reset after the whole answer
  kLostAnswer,        ///< the effect, and then the connection is gone
  kStall,             ///< nothing ever comes; no effect
  kDrip,              ///< the answer comes byte by byte, slowly; after the effect
  kTruncated,         ///< the connection is closed in the middle of the answer; after the effect
  kExtraBytes,        ///< more bytes than Content-Length says
  kFlippedByte,       ///< a byte of the answer's body, or of the request's if that is where content is
  kShortLength,       ///< a Content-Length that is too small by one
  kLongLength,        ///< a Content-Length that is too large by one; the connection stays open
  k200Error,          ///< 200 with an InternalError document; no effect
  k200InsteadOf206,   ///< the whole object where a range was asked for
  k416,               ///< InvalidRange; no effect
  k301,               ///< PermanentRedirect to another region; no effect
  k307,               ///< TemporaryRedirect to another region; no effect
  kExpiredToken,      ///< 400; no effect
  kTimeTooSkewed,     ///< 403, with a Date an hour ahead; no effect
  k403,               ///< AccessDenied; no effect
  k403Kms,            ///< AccessDenied that names kms: actions; no effect
};
inline constexpr std::size_t kS3Faults = static_cast<std::size_t>(S3Fault::k403Kms) + 1;
std::string_view to_string(S3Fault fault);

/// Which requests go wrong, and how.
struct FaultRule {
  static constexpr int kAlways = 1'000'000;

  S3Fault fault = S3Fault::kNone;
  int times = 1;
  /// Called with the request, perhaps without its body.
  std::function<bool(const SeenRequest&)> applies = [](const SeenRequest&) { return true; };
};

/// A FakeS3 behind a real socket on 127.0.0.1, with faults by rule. Redirects point to a server where nobody may ever
/// ask. Thread-safe.
class FaultServer {
 public:
  explicit FaultServer(FaultRule rule = {});

  FakeS3& s3() { return s3_; }
  ScriptedServer& server() { return server_; }
  /// Replaces the rule.
  void set(FaultRule rule);
  /// Of a store of this server.
  AwsSettings settings() const;
  /// How often the rule has applied.
  int faults() const;
  /// Requests that followed a redirect.
  std::size_t trapped() const { return trap_.requests().size(); }

 private:
  ServerResponse answer(const ServerRequest& request);
  /// The fault for a request, and one time less of it.
  S3Fault take(const SeenRequest& request, bool before_body);

  mutable std::mutex mutex_;
  FaultRule rule_;  // guarded by mutex_, as the next
  int faults_ = 0;
  FakeS3 s3_;
  ScriptedServer trap_;
  ScriptedServer server_;  // last: its threads use the rest
};

}  // namespace attache::testing
