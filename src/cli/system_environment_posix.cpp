#include "store_access.hpp"
#include "system_environment.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace attache {

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here ever sets one
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

LocalTime local_time() {
  const time_t now = time(nullptr);
  struct tm parts = {};
  localtime_r(&now, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
}

}  // namespace

CliEnvironment system_environment(std::stop_token stop) {
  std::error_code ignored;  // a directory that was removed has no path; what needs one says so
  return {.out = std::cout,
          .err = std::cerr,
          .variable = variable,
          .local_time = local_time,
          .current_directory = std::filesystem::current_path(ignored).string(),
          .err_is_terminal = isatty(STDERR_FILENO) == 1,
          .open_store = [](const StoreRequest& request) { return open_store(request, variable); },
          .stop = std::move(stop)};
}

}  // namespace attache
