#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/aws/wall_clock.hpp>
#include <attache/base/result.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace attache {

/// When credentials that expire are fetched anew. The AWS CLI's times.
struct RefreshWindows {
  /// Less than this left: one caller tries, the others go on with what there is; a failure is no error.
  std::chrono::seconds advisory{std::chrono::minutes(15)};
  /// Less than this left: everybody waits, and a failure is everybody's error.
  std::chrono::seconds mandatory{std::chrono::minutes(10)};
  /// Between attempts, while the credentials have not expired: some sources give out the same ones until shortly before
  /// their end, and a role of 15 minutes is in the advisory window from its first second.
  std::chrono::seconds pause{60};
};

/// Remembers what a source gave, and fetches anew before it expires. Thread-safe; one fetch at a time, on the thread of
/// a caller. Whoever waits for another caller's fetch gets its result, also its error; but if that caller was
/// cancelled, one of those who wait takes over. A wait ends at once when the caller's own `stop` fires.
class RefreshingCredentials final : public CredentialsProvider {
 public:
  RefreshingCredentials(std::unique_ptr<CredentialsProvider> source, WallClock clock, RefreshWindows windows = {});

  /// kPermissionDenied if the source gives credentials that have expired.
  Result<Credentials> get(std::stop_token stop) override;
  void discard(const Credentials& used) override;
  std::string describe() const override { return source_->describe(); }

 private:
  enum class Need { kNone, kAdvisory, kMandatory };
  using Time = std::chrono::system_clock::time_point;
  Need need(Time now) const;
  Result<Credentials> fetch(Need need, std::unique_lock<std::mutex>& lock, std::stop_token stop);

  const std::unique_ptr<CredentialsProvider> source_;
  const WallClock clock_;
  const RefreshWindows windows_;
  std::mutex mutex_;
  std::condition_variable_any fetched_;
  std::optional<Credentials> current_;  // guarded by mutex_
  std::optional<Time> not_before_;      // guarded by mutex_: the next attempt
  bool is_fetching_ = false;            // guarded by mutex_
  std::uint64_t fetches_ = 0;           // guarded by mutex_: ended so far
  std::optional<Error> last_error_;     // guarded by mutex_: of the last fetch, if it failed
};

}  // namespace attache
