#include "allocation_failure.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

enum class Failing {
  kOne,    ///< one allocation fails, as when a single request is too large
  kAllOn,  ///< every allocation from one on, as when memory has run out: reporting that needs some, too
};

// What the replaced operator new goes by.
bool armed = false;
Failing failing = Failing::kOne;
std::size_t first_failure = 0;  // the number of the first allocation that fails
std::size_t asked = 0;          // allocations since arming
std::ptrdiff_t live = 0;        // blocks given and not returned

bool refuse() {
  if (!armed) return false;
  ++asked;
  return failing == Failing::kOne ? asked == first_failure : asked >= first_failure;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  if (refuse()) return nullptr;
  // aligned_alloc wants a multiple of the alignment
  void* block = std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  if (block != nullptr) ++live;
  return block;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
  void* block = allocate(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) noexcept {
  if (block != nullptr) --live;
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_or_throw(size, static_cast<std::size_t>(alignment));
}
// std::stable_sort uses this one. By default it calls the first, but not where a sanitizer has put its own.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void operator delete(void* block) noexcept {
  release(block);
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}

namespace attache {

namespace {

struct Tally {
  std::size_t allocations = 0;  // of a call that succeeds
  std::size_t reported = 0;
  std::size_t thrown = 0;
  std::string fault;  // the first thing that must never happen
};

enum class Outcome { kRight, kWrong, kReported, kBadAlloc, kOther };

Outcome outcome_of(const AllocationCase& tested, const std::string& right) {
  try {
    const Shown shown = tested.call();
    if (!shown) return Outcome::kReported;
    return *shown == right ? Outcome::kRight : Outcome::kWrong;
  } catch (const std::bad_alloc&) {
    return Outcome::kBadAlloc;
  } catch (...) {
    return Outcome::kOther;
  }
}

// One call in which allocation `first` fails; false when the call asked for fewer, or at the first fault.
bool try_one(const AllocationCase& tested, const std::string& right, std::size_t first, Tally& tally) {
  const std::ptrdiff_t before = live;
  first_failure = first;
  asked = 0;
  armed = true;
  const Outcome outcome = outcome_of(tested, right);
  armed = false;
  const std::ptrdiff_t leaked = live - before;
  const bool failed = asked >= first;

  const char* fault = nullptr;
  if (outcome == Outcome::kOther) fault = "throws another exception than std::bad_alloc";
  if (outcome == Outcome::kWrong) fault = "seems to succeed, and gives a wrong result";
  if (leaked != 0) fault = "leaks";
  if (!failed && outcome != Outcome::kRight) fault = "fails without a failing allocation";
  if (fault == nullptr && failed && outcome_of(tested, right) != Outcome::kRight) fault = "does not succeed afterwards";
  if (fault != nullptr) {
    tally.fault = "allocation " + std::to_string(first) + ": " + fault;
    return false;
  }
  if (outcome == Outcome::kBadAlloc) ++tally.thrown;
  if (outcome == Outcome::kReported) ++tally.reported;
  if (!failed) tally.allocations = asked;
  return failed;
}

Tally try_every_failure(const AllocationCase& tested) {
  Tally tally;
  const Shown right = tested.call();
  if (!right) {
    tally.fault = "does not succeed with all memory";
    return tally;
  }
  for (const Failing how : {Failing::kOne, Failing::kAllOn}) {
    failing = how;
    std::size_t first = 1;
    while (try_one(tested, *right, first, tally)) ++first;
    if (!tally.fault.empty()) return tally;
  }
  if (tally.allocations == 0) {
    tally.fault = "allocates nothing: its line is of no use";
  } else if (tally.thrown > 0 && tested.promise == Promise::kReports) {
    tally.fault = "throws, and promises to report";
  } else if (tally.thrown == 0 && tested.promise == Promise::kThrows) {
    tally.fault = "throws no longer: its line must say so";
  }
  return tally;
}

}  // namespace

void end_of_call() {
  armed = false;
}

int run_allocation_cases(const std::vector<AllocationCase>& cases) {
  int broken = 0;
  for (const AllocationCase& tested : cases) {
    const Tally tally = try_every_failure(tested);
    std::printf("%-34s %4zu allocations; when they fail: %4zu reported, %4zu thrown%s%s\n", tested.name,
                tally.allocations, tally.reported, tally.thrown,
                tally.fault.empty() ? "" : "; FAILED: ", tally.fault.c_str());
    if (!tally.fault.empty()) ++broken;
  }
  return broken == 0 ? 0 : 1;
}

}  // namespace attache
