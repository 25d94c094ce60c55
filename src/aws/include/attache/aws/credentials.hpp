#pragma once

#include <attache/aws/environment.hpp>
#include <attache/base/result.hpp>

#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

struct AwsSettings;

/// Who signs. Holds secrets: never put a field other than account_id into a message; there is no operator<<.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty: long-term credentials
  std::string account_id;     ///< twelve digits if the source names the account, otherwise empty
  std::optional<std::chrono::system_clock::time_point> expires;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// "access key ****MPLE" (nothing of a key of fewer than eight characters): enough to tell two keys apart.
std::string redacted(const Credentials& credentials);

/// What GoogleTest prints instead of the object's bytes: redacted().
void PrintTo(const Credentials& credentials, std::ostream* out);

/// A source of credentials. Thread-safe. Signers ask before every request: get() is cheap unless credentials expired.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// kUnauthenticated: this source has none (a chain asks the next one). Any other error means that the source is there
  /// but unusable, and ends a chain: silently using another identity would be worse.
  virtual Result<Credentials> get(std::stop_token stop) = 0;
  /// A service refused `used` as expired: if this source still holds them, its next get() fetches others. A source that
  /// looks its credentials up each time, or cannot get others, has nothing to do.
  virtual void discard(const Credentials& used) { static_cast<void>(used); }
  /// The source for a message: "environment variables", "profile 'farm'".
  virtual std::string describe() const = 0;
};

/// Credentials given as they are. kUnauthenticated if both keys are empty, kInvalidArgument if only one is.
class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override { return "explicit options"; }

 private:
  Credentials credentials_;
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or AWS_SECURITY_TOKEN), AWS_ACCOUNT_ID, looked up at
/// each get(). One key without the other is kInvalidArgument.
class EnvironmentCredentials final : public CredentialsProvider {
 public:
  explicit EnvironmentCredentials(Environment environment) : environment_(std::move(environment)) {}
  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  Environment environment_;
};

/// Keys written in a profile of ~/.aws/credentials or ~/.aws/config, as resolved into `settings`. A profile that names
/// another mechanism (role_arn, sso, credential_process, web identity) and no keys is kUnsupported.
std::unique_ptr<CredentialsProvider> make_profile_credentials(const AwsSettings& settings);

/// Asks its members in order; the first that has credentials gives them. If none has: kUnauthenticated with a list of
/// what was tried and what to do.
class CredentialsChain final : public CredentialsProvider {
 public:
  explicit CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> members);
  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  std::vector<std::unique_ptr<CredentialsProvider>> members_;
};

/// The chain of a user: explicit keys of the options; the environment, unless a profile was chosen by an option (as in
/// the AWS CLI, a profile named by AWS_PROFILE does not switch the environment's keys off); the profile.
std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host);

}  // namespace attache
