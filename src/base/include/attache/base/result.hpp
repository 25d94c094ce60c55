#pragma once

#include <attache/base/error.hpp>

#include <tl/expected.hpp>

#include <utility>

namespace attache {

/// The value, or why there is none. Interface of std::expected, which g++ 12 lacks in C++20.
template <typename T>
using Result = tl::expected<T, Error>;

/// Success, or why not.
using Status = Result<void>;

/// `return fail(ErrorCode::kIo, "...", "...")` from any function that returns a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string remedy = {}) {
  return tl::unexpected<Error>(Error(code, std::move(message), std::move(remedy)));
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// The error for work that stopped because its std::stop_token said so.
inline tl::unexpected<Error> cancelled() {
  return fail(ErrorCode::kCancelled, "cancelled");
}

}  // namespace attache

/// Leaves the current function with the error of `expression` (a Result or Status), if it has one.
#define ATTACHE_TRY(expression)                                        \
  do {                                                                 \
    if (auto attache_try_status = (expression); !attache_try_status) { \
      return ::attache::fail(std::move(attache_try_status).error());   \
    }                                                                  \
  } while (false)

#define ATTACHE_CONCAT_(a, b) a##b
#define ATTACHE_CONCAT(a, b) ATTACHE_CONCAT_(a, b)
#define ATTACHE_ASSIGN_IMPL_(result, target, expression)          \
  auto result = (expression);                                     \
  if (!result) return ::attache::fail(std::move(result).error()); \
  target = *std::move(result)

/// `ATTACHE_ASSIGN(auto file, open(path));` declares `file`, or leaves the current function with the error.
#define ATTACHE_ASSIGN(target, expression) \
  ATTACHE_ASSIGN_IMPL_(ATTACHE_CONCAT(attache_assign_, __LINE__), target, expression)
