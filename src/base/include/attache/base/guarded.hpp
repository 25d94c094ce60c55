#pragma once

#include <attache/base/result.hpp>

#include <new>
#include <stdexcept>
#include <type_traits>

namespace attache::detail {

/// No exception leaves the pure core: the body of every public function that returns a Result or Status goes through
/// here. The only ones that the core's own code can meet are those of an allocation; a document may be as large as it
/// likes. What a callback of the caller throws is the caller's and passes through. The texts are short enough to be
/// stored in the strings themselves: there is no memory to be had.
template <typename Function>
std::invoke_result_t<Function&> guarded(Function&& function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "out of memory", "use more memory");
  } catch (const std::length_error&) {  // how containers say that no memory will ever do
    return fail(ErrorCode::kOutOfMemory, "out of memory", "use more memory");
  }
}

}  // namespace attache::detail
