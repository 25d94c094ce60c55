#pragma once

#include <attache/base/result.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// Trials of attache_transfer_cancel_driver: one call each that is cancelled in a known phase.

namespace attache::campaign {

using Clock = std::chrono::steady_clock;

/// Counts what shows that a call has come to its phase: a request, a call of the store. Thread-safe.
class Moment {
 public:
  void note();
  /// Ends the waiting: the call has returned.
  void end();
  /// Until that many were noted, the call has ended, or `most` is over.
  void wait(std::uint64_t noted, Clock::duration most);
  /// False if the call ended meanwhile.
  bool sleep(Clock::duration time);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t noted_ = 0;
  bool has_ended_ = false;
};

/// What a trial may use.
struct Trial {
  std::filesystem::path folder;  ///< its own, empty, removed afterwards
  std::mt19937_64& random;
  Moment& moment;
};

/// One call, with everything that it needs.
struct Session {
  std::function<Status(const std::stop_token& stop)> run;
  /// What is wrong with what the call left behind; empty: nothing.
  std::function<std::string()> check = {};
  /// The same call again, undisturbed: must succeed. Empty: the call cannot.
  std::function<Status()> again = {};
};

struct Phase {
  std::string name;
  std::function<Session(const Trial& trial)> begin;
  /// The stop comes after 1 to `events` notes of the moment, and up to `spread` later. 0: at any time of the call, as
  /// long as it takes undisturbed.
  std::uint64_t events = 0;
  std::chrono::microseconds spread{20'000};
  /// The call fails in the end by itself: it has the phase and nothing behind it.
  bool fails = false;
  /// It is about large files or about a disk: the trial's folder is on one. Else it is where many small files are soon
  /// made and removed.
  bool on_disk = false;
};

/// A thread that only sleeps: how late it wakes is what the machine, and not the program, adds to every latency.
class LagMeter {
 public:
  LagMeter();
  /// The longest delay of a sleep that ended after `since`.
  std::chrono::microseconds longest(Clock::time_point since);

 private:
  std::mutex mutex_;
  std::vector<std::pair<Clock::time_point, std::chrono::microseconds>> wakes_;  // guarded by mutex_; the latest
  std::jthread thread_;
};

struct Latency {
  std::chrono::microseconds time{0};  ///< from the request to stop to the return
  std::chrono::microseconds lag{0};   ///< of the thread that only sleeps, meanwhile
};

struct Attempt {
  /// None: the call was over before the stop came.
  std::optional<Latency> latency;
  Clock::duration took{0};  ///< until it returned, cancelled or not
  std::string problem;
};

/// Runs a phase's call once and stops it within the phase. `undisturbed`: how long it takes; measured first if it is
/// zero.
Attempt attempt(const Phase& phase, const Trial& trial, LagMeter& lag, Clock::duration undisturbed);
/// How long the phase's call takes undisturbed; ends the program if it fails.
Clock::duration undisturbed(const Phase& phase, const Trial& trial);

}  // namespace attache::campaign
