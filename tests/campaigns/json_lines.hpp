#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace attache {

/// Texts travel as hex of their bytes: JSON has no lone surrogates, and no bytes that are not UTF-8.
inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return hex;
}

inline std::string from_hex(const nlohmann::json& hex) {
  const auto& digits = hex.get_ref<const std::string&>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

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
