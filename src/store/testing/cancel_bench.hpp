#pragma once

#include <attache/store/object_store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace attache::testing {

/// Where a call of an S3 store is when it is cancelled.
enum class CancelState {
  kConnecting,      ///< nobody accepts the connection
  kBeforeAnswer,    ///< the server says nothing
  kInAnswer,        ///< half of a body has come, and no more does
  kInRequest,       ///< nobody reads the body that is sent
  kBackOff,         ///< the server wants a retry in half a minute
  kAtConcurrency,   ///< one request at a time, and that one hangs
  kAtRate,          ///< a request per minute
  kForMemory,       ///< all of the budget is in an upload that hangs
  kInPart,          ///< a part of an upload hangs; the abort does not
  kInPartAndAbort,  ///< a part hangs, and so does the abort
  kAnywhere,        ///< nothing hangs: large objects are read and written, and the time is random
};
inline constexpr std::size_t kCancelStates = static_cast<std::size_t>(CancelState::kAnywhere) + 1;
std::string_view to_string(CancelState state);

struct CancelTrial {
  std::chrono::microseconds latency{0};  ///< from the request to stop to the end of the call
  /// What is wrong: another end than kCancelled, a connection that stays open; empty: nothing. In the state kAnywhere a
  /// call may also end well.
  std::string problem;
};

/// Cancels calls of a store with a transport of its own, over real sockets. Each trial begins from nothing and leaves
/// nothing: stores, transports and servers of a trial end with it. Not thread-safe; `random` varies the time.
CancelTrial cancel_trial(CancelState state, std::uint64_t random);

/// Descriptors that this process has open.
std::size_t open_descriptors();

}  // namespace attache::testing
