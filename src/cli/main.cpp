#include <attache/cli/run.hpp>

#include "signals.hpp"
#include "system_environment.hpp"

#include <string>
#include <vector>

int main(int argc, char** argv) {
  attache::reserve_standard_streams();
  attache::raise_descriptor_limit();
  const attache::SignalStop signals;
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return attache::run(args, attache::system_environment(signals.token()));
}
