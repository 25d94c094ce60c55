#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace attache {

// Work that a stop leaves behind: what cannot be interrupted (a flush that waits for the disk, a decoder that looks at
// no token, giving back the memory of a million entries), and must not keep a cancelled call from returning. It ends by
// itself, on a thread that nobody joins, or with the process. So it must own all that it uses.

/// Runs `work` on a thread of its own. False if the system gives none: then nothing was run. `work` must not throw.
bool start_detached(std::function<void()> work);

/// What `work` returns or throws, or nothing if `stop` fires first: then the work goes on, and what comes of it is
/// dropped. Called on this thread, and so to its end, if no stop is possible or the system gives no other thread.
template <typename T>
std::optional<T> run_unless_stopped(std::function<T()> work, const std::stop_token& stop) {
  struct Shared {
    std::function<T()> work;
    std::mutex mutex;
    std::condition_variable_any changed;
    bool is_over = false;        // guarded by mutex, as is what follows
    std::optional<T> result;     // set at the end
    std::exception_ptr failure;  // or this
  };
  if (!stop.stop_possible()) return work();
  const auto shared = std::make_shared<Shared>();
  shared->work = std::move(work);
  const bool is_started = start_detached([shared] {
    std::optional<T> result;
    std::exception_ptr failure;
    try {
      result.emplace(shared->work());
    } catch (...) {  // for the caller; a thread must not throw
      failure = std::current_exception();
    }
    const std::lock_guard lock(shared->mutex);
    shared->result = std::move(result);
    shared->failure = std::move(failure);
    shared->is_over = true;
    shared->changed.notify_all();
  });
  if (!is_started) return shared->work();
  std::unique_lock lock(shared->mutex);
  if (!shared->changed.wait(lock, stop, [&] { return shared->is_over; })) return std::nullopt;
  if (shared->failure) std::rethrow_exception(shared->failure);
  return std::move(shared->result);
}

}  // namespace attache
