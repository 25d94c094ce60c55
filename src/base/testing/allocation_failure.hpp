#pragma once

#include <attache/base/result.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace attache {

// What public functions of the pure core do when memory runs out: each is called again and again, and its 1st, 2nd,
// 3rd,
// ... allocation fails, until a call has asked for less. allocation_failure.cpp replaces operator new for everything in
// the program, so it is linked into programs of its own, without GoogleTest; for that reason these are also the
// programs of the core that link no thread library (tests/symbol_check.py looks at them).
//
// Of each failed call it says whether the failure came back as an error (kOutOfMemory) or left as an exception, and it
// checks what holds in either case: a call that seems to succeed has the right result, nothing leaks, nothing else but
// std::bad_alloc is thrown, and the same call succeeds afterwards.

/// What a function promises of std::bad_alloc. A promise that is too modest fails the test as well: when a function
/// learns to report the failure, its line says so.
enum class Promise {
  kReports,  ///< it comes back as an error
  kThrows,   ///< it leaves as std::bad_alloc
};

/// A result as text, to compare it with that of a call that lacked nothing; nothing if it is the error kOutOfMemory.
using Shown = std::optional<std::string>;

struct AllocationCase {
  const char* name;
  Promise promise;
  std::function<Shown()> call;
};

/// From now on the call has all memory: to show its result takes some, and is not what is tested.
void end_of_call();

/// Runs all cases and prints a line for each; the exit status of the program.
int run_allocation_cases(const std::vector<AllocationCase>& cases);

}  // namespace attache
