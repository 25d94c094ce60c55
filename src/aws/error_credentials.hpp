#pragma once

#include <attache/aws/credentials.hpp>

#include <string>

namespace attache {

/// Stands in a chain for a source that is configured, but wrongly: says so when, and only when, the chain comes to it.
class ErrorCredentials final : public CredentialsProvider {
 public:
  ErrorCredentials(Error error, std::string description)
      : error_(std::move(error)), description_(std::move(description)) {}
  Result<Credentials> get(std::stop_token) override { return fail(error_); }
  std::string describe() const override { return description_; }

 private:
  Error error_;
  std::string description_;
};

}  // namespace attache
