#include <attache/aws/refreshing_credentials.hpp>

#include "aws_time.hpp"

namespace attache {

RefreshingCredentials::RefreshingCredentials(std::unique_ptr<CredentialsProvider> source, WallClock clock,
                                             RefreshWindows windows)
    : source_(std::move(source)), clock_(std::move(clock)), windows_(windows) {}

RefreshingCredentials::Need RefreshingCredentials::need(Time now) const {
  if (!current_) return Need::kMandatory;
  if (!current_->expires) return Need::kNone;
  const auto left = *current_->expires - now;
  if (left <= Time::duration::zero()) return Need::kMandatory;
  if (left >= windows_.advisory || (not_before_ && now < *not_before_)) return Need::kNone;
  return left < windows_.mandatory ? Need::kMandatory : Need::kAdvisory;
}

Result<Credentials> RefreshingCredentials::get(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Need needed = need(clock_());
    if (needed == Need::kNone || (needed == Need::kAdvisory && is_fetching_)) return *current_;
    if (stop.stop_requested()) return cancelled();
    if (!is_fetching_) return fetch(needed, lock, std::move(stop));
    const std::uint64_t seen = fetches_;
    if (!fetched_.wait(lock, stop, [&] { return fetches_ != seen; })) return cancelled();
    if (last_error_ && last_error_->code() != ErrorCode::kCancelled) return fail(*last_error_);
  }
}

Result<Credentials> RefreshingCredentials::fetch(Need need, std::unique_lock<std::mutex>& lock, std::stop_token stop) {
  is_fetching_ = true;
  lock.unlock();
  Result<Credentials> fresh = source_->get(std::move(stop));
  const Time now = clock_();
  if (fresh && fresh->expires && *fresh->expires <= now) {
    fresh = fail(ErrorCode::kPermissionDenied,
                 "the credentials from " + source_->describe() + " expired at " +
                     format_aws_time(std::chrono::floor<std::chrono::seconds>(*fresh->expires)),
                 "renew them, and check this machine's clock");
  }
  lock.lock();
  is_fetching_ = false;
  ++fetches_;
  last_error_.reset();
  if (fresh) {
    current_ = *fresh;
    not_before_ = now + windows_.pause;
  } else if (need == Need::kAdvisory && current_) {
    not_before_ = now + windows_.pause;
    fresh = *current_;
  } else {
    last_error_ = fresh.error();
  }
  fetched_.notify_all();
  return fresh;
}

void RefreshingCredentials::discard(const Credentials& used) {
  const std::lock_guard lock(mutex_);
  const bool is_current = current_ && current_->access_key_id == used.access_key_id &&
                          current_->secret_access_key == used.secret_access_key &&
                          current_->session_token == used.session_token;
  if (is_current) current_.reset();
}

}  // namespace attache
