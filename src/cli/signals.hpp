#pragma once

#include <memory>
#include <stop_token>

namespace attache {

/// Turns Ctrl-C, SIGTERM and SIGHUP into a stop request for as long as it lives; a second one ends the process at once
/// with status 130. A SIGHUP that was ignored before stays so, as under nohup. Also lets writes to a closed pipe, or
/// beyond the limit of a file's size, fail instead of killing the process. One per process.
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  std::stop_token token() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attache
