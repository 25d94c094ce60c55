#pragma once

#include <attache/aws/sigv4.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace attache::testing {

inline nlohmann::json load_vectors(const std::string& name) {
  std::ifstream file(std::string(ATTACHE_AWS_TEST_DATA) + "/" + name);
  EXPECT_TRUE(file) << name;
  return nlohmann::json::parse(file);
}

inline std::chrono::sys_seconds utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                                    int second = 0) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

inline std::string header_of(const SigV4Signature& signature, std::string_view name) {
  for (const auto& [field, value] : signature.headers) {
    if (field == name) return value;
  }
  return {};
}

}  // namespace attache::testing
