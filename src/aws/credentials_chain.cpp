#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/aws/credentials_access.hpp>
#include <attache/aws/refreshing_credentials.hpp>

#include "container_credentials.hpp"
#include "instance_credentials.hpp"
#include "lazy_transport.hpp"
#include "profile_sources.hpp"
#include "source_context.hpp"

#include <utility>

namespace attache {
namespace {

constexpr std::size_t kNoMember = SIZE_MAX;

/// Addresses on this machine or link: what takes longer is not there.
constexpr std::chrono::milliseconds kLocalConnectTimeout{1000};

/// The chain of a user, with everything that its members refer to.
class UserCredentials final : public CredentialsProvider {
 public:
  UserCredentials(AwsSettings settings, AwsHost host, const CredentialsAccess& access)
      : settings_(std::move(settings)),
        host_(std::move(host)),
        transport_(access.make_transport, transport_options(access)),
        local_transport_(access.make_transport, local_transport_options(access)),
        context_{settings_, host_, transport_, local_transport_, access.process_runner, access.clock, {}},
        chain_(std::make_unique<CredentialsChain>(make_members()), access.clock) {}

  Result<Credentials> get(std::stop_token stop) override { return chain_.get(std::move(stop)); }
  void discard(const Credentials& used) override { chain_.discard(used); }
  std::string describe() const override { return chain_.describe(); }

 private:
  HttpTransportOptions transport_options(const CredentialsAccess& access) const {
    HttpTransportOptions options;
    options.ca_bundle = settings_.ca_bundle;
    options.user_agent = access.user_agent;
    options.max_connections = 2;
    return options;
  }

  HttpTransportOptions local_transport_options(const CredentialsAccess& access) const {
    HttpTransportOptions options = transport_options(access);
    options.proxy = "";
    options.connect_timeout = kLocalConnectTimeout;
    return options;
  }

  Sources make_members() const {
    const bool profile_was_chosen = !settings_.options.profile.empty();
    Sources members;
    members.push_back(std::make_unique<StaticCredentials>(settings_.options.credentials));
    if (!profile_was_chosen) members.push_back(std::make_unique<EnvironmentCredentials>(host_.environment));
    if (auto role = make_role_source(context_, settings_.profile)) members.push_back(std::move(role));
    for (auto& source : make_profile_sources(context_, settings_.profile,
                                             profile_was_chosen ? UseEnvironment::kNo : UseEnvironment::kYes)) {
      members.push_back(std::move(source));
    }
    members.push_back(std::make_unique<ContainerCredentials>(context_));
    members.push_back(std::make_unique<InstanceCredentials>(context_));
    return members;
  }

  // In this order: the later refer to the earlier.
  const AwsSettings settings_;
  const AwsHost host_;
  LazyTransport transport_;
  LazyTransport local_transport_;
  const SourceContext context_;
  RefreshingCredentials chain_;
};

}  // namespace

CredentialsChain::CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> members)
    : members_(std::move(members)), winner_(kNoMember) {}

Result<Credentials> CredentialsChain::get(std::stop_token stop) {
  if (const std::size_t winner = winner_.load(); winner != kNoMember) return members_[winner]->get(std::move(stop));
  std::string tried;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    auto credentials = members_[i]->get(stop);
    if (credentials) winner_.store(i);
    if (credentials || credentials.error().code() != ErrorCode::kUnauthenticated) return credentials;
    tried += (tried.empty() ? "" : "; ") + credentials.error().message();
  }
  return fail(
      ErrorCode::kUnauthenticated, "no AWS credentials found: " + tried,
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put keys into a profile with `aws configure`, or log in "
      "with `aws configure sso`");
}

void CredentialsChain::discard(const Credentials& used) {
  if (const std::size_t winner = winner_.load(); winner != kNoMember) members_[winner]->discard(used);
}

std::string CredentialsChain::describe() const {
  if (const std::size_t winner = winner_.load(); winner != kNoMember) return members_[winner]->describe();
  std::string text;
  for (const auto& member : members_) text += (text.empty() ? "" : "; ") + member->describe();
  return text;
}

std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host,
                                                            const CredentialsAccess& access) {
  return std::make_unique<UserCredentials>(settings, host, access);
}

std::unique_ptr<CredentialsProvider> make_credentials_chain(const AwsSettings& settings, const AwsHost& host) {
  return make_credentials_chain(settings, host, CredentialsAccess{});
}

}  // namespace attache
