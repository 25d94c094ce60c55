#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/aws/credentials_access.hpp>
#include <attache/http/testing/fake_transport.hpp>

#include "source_context.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attache::testing {

/// Everything that sources of credentials see of the world: variables, files, a network, programs and a clock, all of
/// the test's making. Set it up first, then ask for a chain or a context; both refer to it.
class World {
 public:
  static constexpr auto kConfigPath = "/home/me/.aws/config";
  static constexpr auto kCredentialsPath = "/home/me/.aws/credentials";
  /// 2026-06-01T12:00:00Z
  static constexpr std::chrono::sys_seconds kStart =
      std::chrono::sys_days(
          std::chrono::year_month_day{std::chrono::year(2026), std::chrono::June, std::chrono::day(1)}) +
      std::chrono::hours(12);

  std::map<std::string, std::string, std::less<>> variables;
  std::map<std::string, std::string, std::less<>> files;
  FakeTransport::Answer answer = [](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
    return fail(ErrorCode::kNetwork, "nobody is there", "x");
  };
  ProcessRunner run = [](const ProcessCommand&, const std::stop_token&) -> Result<ProcessResult> {
    return fail(ErrorCode::kNotFound, "there is no such program", "x");
  };
  AwsOptions options;

  World& config(std::string text) {
    files[kConfigPath] = std::move(text);
    return *this;
  }
  World& credentials(std::string text) {
    files[kCredentialsPath] = std::move(text);
    return *this;
  }

  void pass(std::chrono::seconds time) { passed_ += time.count(); }
  std::chrono::sys_seconds now() const { return kStart + std::chrono::seconds(passed_.load()); }
  WallClock clock() const {
    return [this] { return now(); };
  }

  AwsHost host() {
    AwsHost result;
    result.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    result.home = "/home/me";
    result.read_file = [this](const std::string& path) -> Result<std::optional<std::string>> {
      const std::lock_guard lock(mutex_);
      const auto found = files.find(path);
      return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    result.write_private_file = [this](const std::string& path, std::string_view text) -> Status {
      const std::lock_guard lock(mutex_);
      if (files_are_read_only) return fail(ErrorCode::kPermissionDenied, "cannot write", "x");
      files[path] = text;
      return {};
    };
    return result;
  }
  bool files_are_read_only = false;

  AwsSettings settings() {
    auto made = resolve_aws_settings(options, host());
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? *std::move(made) : AwsSettings{};
  }

  std::unique_ptr<CredentialsProvider> chain() { return make_credentials_chain(settings(), host(), access()); }
  /// The first answer of a new chain.
  Result<Credentials> get() { return chain()->get({}); }

  CredentialsAccess access() {
    CredentialsAccess result;
    result.make_transport = [this](const HttpTransportOptions& transport_options) {
      made_transports.push_back(transport_options);
      return std::make_unique<Forward>(transport());
    };
    result.process_runner = [this](const ProcessCommand& command, const std::stop_token& stop) {
      return run(command, stop);
    };
    result.clock = clock();
    return result;
  }
  std::vector<HttpTransportOptions> made_transports;

  /// For a source of its own. Calls are tried again without a pause.
  const SourceContext& context() {
    settings_ = settings();
    host_ = host();
    context_.reset(new SourceContext{*settings_,
                                     *host_,
                                     transport(),
                                     transport(),
                                     access().process_runner,
                                     clock(),
                                     {std::chrono::seconds(5), 3, std::chrono::milliseconds(0)}});
    return *context_;
  }

  std::vector<SeenRequest> requests() { return transport().requests(); }

 private:
  class Forward final : public HttpTransport {
   public:
    explicit Forward(HttpTransport& inner) : inner_(inner) {}
    void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
      inner_.start(request, std::move(stop), std::move(done));
    }

   private:
    HttpTransport& inner_;
  };

  FakeTransport& transport() {
    if (!transport_) {
      transport_ = std::make_unique<FakeTransport>(
          [this](const SeenRequest& request, const std::stop_token& stop) { return answer(request, stop); });
    }
    return *transport_;
  }

  std::mutex mutex_;
  std::atomic<std::int64_t> passed_{0};
  std::optional<AwsSettings> settings_;
  std::optional<AwsHost> host_;
  std::unique_ptr<SourceContext> context_;
  std::unique_ptr<FakeTransport> transport_;
};

/// What the network answers to a request whose URL contains the text; the first that fits.
inline FakeTransport::Answer by_url(std::vector<std::pair<std::string, Result<HttpResponse>>> answers) {
  return [answers = std::move(answers)](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    for (const auto& [part, response] : answers) {
      if (request.url.find(part) != std::string::npos) return response;
    }
    return fail(ErrorCode::kNetwork, "nobody is at this URL", "x");
  };
}

/// An answer of STS. Keys are ROLEKEY, rolesecret, roletoken; valid for an hour from World::kStart.
inline std::string sts_answer(const std::string& operation = "AssumeRole", const std::string& key = "ROLEKEY",
                              const std::string& expiration = "2026-06-01T13:00:00Z") {
  return "<" + operation + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + operation +
         "Result><AssumedRoleUser><AssumedRoleId>x</AssumedRoleId>"
         "<Arn>arn:aws:sts::123456789012:assumed-role/farm/session</Arn></AssumedRoleUser><Credentials><AccessKeyId>" +
         key + "</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>roletoken</SessionToken>" +
         "<Expiration>" + expiration + "</Expiration></Credentials></" + operation + "Result></" + operation +
         "Response>";
}

inline std::string sts_error(const std::string& code, const std::string& message = "said STS") {
  return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message +
         "</Message></Error><RequestId>r</RequestId></ErrorResponse>";
}

}  // namespace attache::testing
