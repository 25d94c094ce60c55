#pragma once

#include <attache/aws/environment.hpp>
#include <attache/base/result.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

struct AwsSettings;
struct CredentialsAccess;

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

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or AWS_SECURITY_TOKEN), AWS_ACCOUNT_ID,
/// AWS_CREDENTIAL_EXPIRATION, looked up at each get(). One key without the other is kInvalidArgument.
class EnvironmentCredentials final : public CredentialsProvider {
 public:
  explicit EnvironmentCredentials(Environment environment) : environment_(std::move(environment)) {}
  Result<Credentials> get(std::stop_token stop) override;
  std::string describe() const override;

 private:
  Environment environment_;
};

/// Asks its members in order; the first that has credentials gives them, then and from then on: when they have to be
/// renewed, no other identity takes their place. If none has any: kUnauthenticated with what was tried and what to do.
class CredentialsChain final : public CredentialsProvider {
 public:
  explicit CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> members);
  Result<Credentials> get(std::stop_token stop) override;
  void discard(const Credentials& used) override;
  std::string describe() const override;

 private:
  std::vector<std::unique_ptr<CredentialsProvider>> members_;
  std::atomic<std::size_t> winner_;
};

/// The credentials of a user, remembered and renewed in time (refreshing_credentials.hpp). Asked in the order of the
/// AWS CLI, version 2:
///
/// 1. explicit keys of the options;
/// 2. the environment's keys, unless a profile was chosen by an option (one named by AWS_PROFILE does not switch them
///    off);
/// 3. the role of the profile: role_arn with source_profile (through any number of profiles) or credential_source;
/// 4. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, again unless an option chose
///    the profile, or the profile's web_identity_token_file;
/// 5. the profile's login at IAM Identity Center (sso_session, or sso_start_url);
/// 6. the profile's keys in the credentials file;
/// 7. its credential_process;
/// 8. its keys in the config file;
/// 9. the endpoint of the container;
/// 10. the metadata service of the instance (version 2 only; on other machines this costs up to one second).
///
/// What nobody can do without asking a person (mfa_serial) or without the AWS CLI (login_session) is kUnsupported, with
/// the command that helps. `settings` and `host` are copied. Nothing is read or sent before the first get().
std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host);
/// The same with other means (credentials_access.hpp) than libcurl, real processes and the system's clock.
std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host,
                                                            const CredentialsAccess& access);

}  // namespace attache
