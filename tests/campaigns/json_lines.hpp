#pragma once

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace attache {

/// The main() of a driver: for each line of standard input, a JSON document, the line that `answer` makes of it, at
/// once. Returns the exit status; a document that cannot be answered ends it with a message that names the driver.
template <typename Answer>
int answer_lines(const char* driver, Answer answer) {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << answer(nlohmann::json::parse(line)).dump() << std::endl;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", driver, error.what());
    return 1;
  }
  return 0;
}

}  // namespace attache
