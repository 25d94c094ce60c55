#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/base/text.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace attache {
namespace {

constexpr auto kHowToGetCredentials =
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put keys into a profile with `aws configure`";

/// Credentials that are there in whole, in half, or not at all.
Result<Credentials> checked(Credentials credentials, const std::string& source, std::string_view id_name,
                            std::string_view secret_name) {
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) {
    return fail(ErrorCode::kUnauthenticated, "no access key in " + source, kHowToGetCredentials);
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    const bool id_missing = credentials.access_key_id.empty();
    return fail(ErrorCode::kInvalidArgument,
                source + " has " + std::string(id_missing ? secret_name : id_name) + " without " +
                    std::string(id_missing ? id_name : secret_name),
                "set both or none");
  }
  return credentials;
}

/// The ways in which a profile can name credentials without holding them.
struct Mechanism {
  std::string_view setting;
  std::string_view name;
};
constexpr std::array kMechanisms = {
    Mechanism{"role_arn", "an assumed role (role_arn)"},
    Mechanism{"web_identity_token_file", "a web identity token"},
    Mechanism{"sso_session", "IAM Identity Center (sso_session)"},
    Mechanism{"sso_start_url", "IAM Identity Center (sso_start_url)"},
    Mechanism{"credential_process", "a credential_process"},
    Mechanism{"credential_source", "a credential_source"},
    Mechanism{"login_session", "a console login (login_session)"},
};

class ProfileCredentials final : public CredentialsProvider {
 public:
  explicit ProfileCredentials(const AwsSettings& settings)
      : profile_(settings.profile),
        files_(printable(settings.config_file) + ", " + printable(settings.credentials_file)) {
    const auto found = settings.profiles.profiles.find(settings.profile);
    if (found != settings.profiles.profiles.end()) values_ = found->second;
  }

  Result<Credentials> get(std::stop_token) override {
    // role_arn and web identity come before the profile's own keys: with role_arn, these keys are those of the
    // identity that assumes the role, and using them directly would act as somebody else.
    const bool has_keys = !value("aws_access_key_id").empty() || !value("aws_secret_access_key").empty();
    for (const Mechanism& mechanism : kMechanisms) {
      const bool wins = mechanism.setting == "role_arn";
      if (value(mechanism.setting).empty() || (has_keys && !wins)) continue;
      return fail(
          ErrorCode::kUnsupported,
          describe() + " takes its credentials from " + std::string(mechanism.name) + ", which is not supported yet",
          "run `aws configure export-credentials --profile " + printable(profile_) +
              " --format env` and set the variables that it prints, or choose a profile with access keys");
    }
    Credentials credentials;
    credentials.access_key_id = value("aws_access_key_id");
    credentials.secret_access_key = value("aws_secret_access_key");
    credentials.session_token = value("aws_session_token");
    if (credentials.session_token.empty()) credentials.session_token = value("aws_security_token");
    credentials.account_id = value("aws_account_id");
    return checked(std::move(credentials), describe(), "aws_access_key_id", "aws_secret_access_key");
  }

  std::string describe() const override { return "profile '" + printable(profile_) + "' of " + files_; }

 private:
  std::string value(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
  }

  std::string profile_;
  std::string files_;
  ProfileSettings values_;
};

}  // namespace

std::string redacted(const Credentials& credentials) {
  constexpr std::size_t kShown = 4;
  const std::string& id = credentials.access_key_id;
  return "access key ****" + (id.size() >= 2 * kShown ? printable(id.substr(id.size() - kShown)) : "");
}

void PrintTo(const Credentials& credentials, std::ostream* out) {
  *out << redacted(credentials);
}

Result<Credentials> StaticCredentials::get(std::stop_token) {
  return checked(credentials_, describe(), "an access key id", "a secret access key");
}

Result<Credentials> EnvironmentCredentials::get(std::stop_token) {
  const auto value = [&](std::string_view name) { return non_empty(environment_, name).value_or(""); };
  Credentials credentials;
  credentials.access_key_id = value("AWS_ACCESS_KEY_ID");
  credentials.secret_access_key = value("AWS_SECRET_ACCESS_KEY");
  credentials.session_token = value("AWS_SESSION_TOKEN");
  if (credentials.session_token.empty()) credentials.session_token = value("AWS_SECURITY_TOKEN");
  credentials.account_id = value("AWS_ACCOUNT_ID");
  return checked(std::move(credentials), "the environment", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
}

std::string EnvironmentCredentials::describe() const {
  return "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
}

CredentialsChain::CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> members)
    : members_(std::move(members)) {}

Result<Credentials> CredentialsChain::get(std::stop_token stop) {
  for (const auto& member : members_) {
    auto credentials = member->get(stop);
    if (credentials || credentials.error().code() != ErrorCode::kUnauthenticated) return credentials;
  }
  return fail(ErrorCode::kUnauthenticated, "no AWS credentials found; tried " + describe(), kHowToGetCredentials);
}

std::string CredentialsChain::describe() const {
  std::string text;
  for (const auto& member : members_) text += (text.empty() ? "" : "; ") + member->describe();
  return text;
}

std::unique_ptr<CredentialsProvider> make_profile_credentials(const AwsSettings& settings) {
  return std::make_unique<ProfileCredentials>(settings);
}

std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host) {
  std::vector<std::unique_ptr<CredentialsProvider>> members;
  members.push_back(std::make_unique<StaticCredentials>(settings.options.credentials));
  if (settings.options.profile.empty()) members.push_back(std::make_unique<EnvironmentCredentials>(host.environment));
  members.push_back(make_profile_credentials(settings));
  return std::make_unique<CredentialsChain>(std::move(members));
}

}  // namespace attache
