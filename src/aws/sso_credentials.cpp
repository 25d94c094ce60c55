#include "sso_credentials.hpp"

#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "aws_partition.hpp"
#include "json_object.hpp"
#include "secrets.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace attache {

std::string SsoCredentials::describe() const {
  return "IAM Identity Center role '" + printable(role_name_) + "' of profile '" + printable(session_.profile) + "'";
}

Result<Credentials> SsoCredentials::get(std::stop_token stop) {
  ATTACHE_ASSIGN(const std::string token, token_.get(stop));
  const AwsSettings& settings = context_.settings;
  std::string base = settings.sso_endpoint_url;
  if (base.empty()) {
    base = "https://" + aws_service_host("portal.sso", session_.region, settings.use_fips, settings.use_dualstack);
  }
  while (base.ends_with('/')) base.pop_back();
  HttpRequest request;
  request.url =
      base + "/federation/credentials?" + encode_query({{"account_id", account_id_}, {"role_name", role_name_}});
  request.headers.add("x-amz-sso_bearer_token", token);
  request.max_collected_bytes = std::size_t{256} * 1024;
  const auto response =
      bounded_call(context_.transport, request, context_.service_limits, is_passing_status, std::move(stop));
  if (!response) return fail(response.error().within(describe()));
  if (response->status != 200) return fail(refusal(*response, token));
  return read(*response);
}

Result<Credentials> SsoCredentials::read(const HttpResponse& response) const {
  const auto document = JsonObject::parse(response.body);
  const auto role = document ? document->object("roleCredentials") : std::nullopt;
  const auto expiration = role ? role->integer("expiration") : std::nullopt;
  Credentials credentials;
  if (role) {
    credentials.access_key_id = role->text("accessKeyId");
    credentials.secret_access_key = role->text("secretAccessKey");
    credentials.session_token = role->text("sessionToken");
  }
  if (!expiration || credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return fail(ErrorCode::kService, describe() + ": the answer holds no credentials",
                "check that no proxy answers in the service's place");
  }
  credentials.expires = std::chrono::system_clock::time_point(std::chrono::milliseconds(*expiration));
  credentials.account_id = account_id_;
  return credentials;
}

Error SsoCredentials::refusal(const HttpResponse& response, const std::string& token) const {
  const auto document = JsonObject::parse(response.body);
  std::string message = describe() + " was refused with " + std::to_string(response.status);
  if (document && !document->text("message").empty())
    message += ": " + shown_without(document->text("message"), {token});
  if (response.status == 401) return {ErrorCode::kPermissionDenied, std::move(message), token_.remedy()};
  if (response.status >= 400 && response.status < 500) {
    return {ErrorCode::kPermissionDenied, std::move(message),
            "check sso_account_id and sso_role_name of the profile, and that the role is assigned to you"};
  }
  return {ErrorCode::kService, std::move(message), "try again later"};
}

Result<std::unique_ptr<CredentialsProvider>> make_sso_credentials(const SourceContext& context,
                                                                  const std::string& profile) {
  const ProfileFile& files = context.settings.profiles;
  const auto value = [&](std::string_view name) { return files.find(profile, name).value_or(""); };
  if (value("sso_account_id").empty() && value("sso_role_name").empty()) return nullptr;
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, "profile '" + printable(profile) + "' " + what,
                "run `aws configure sso --profile " + printable(profile) + "`");
  };

  SsoSession session;
  session.profile = profile;
  session.name = value("sso_session");
  session.start_url = value("sso_start_url");
  session.region = value("sso_region");
  if (!session.name.empty()) {
    const auto section = files.sso_sessions.find(session.name);
    if (section == files.sso_sessions.end()) {
      return bad("names the sso-session '" + printable(session.name) + "', which does not exist");
    }
    const std::array<std::pair<std::string_view, std::string*>, 2> fields = {
        {{"sso_start_url", &session.start_url}, {"sso_region", &session.region}}};
    for (const auto& [name, target] : fields) {
      const auto found = section->second.find(name);
      if (found == section->second.end() || found->second.empty()) continue;
      if (!target->empty() && *target != found->second) {
        return bad("has another " + std::string(name) + " than its sso-session '" + printable(session.name) + "'");
      }
      *target = found->second;
    }
  }
  std::string missing;
  const std::array<std::pair<std::string_view, bool>, 4> needed = {{{"sso_start_url", session.start_url.empty()},
                                                                    {"sso_region", session.region.empty()},
                                                                    {"sso_account_id", value("sso_account_id").empty()},
                                                                    {"sso_role_name", value("sso_role_name").empty()}}};
  for (const auto& [name, is_missing] : needed) {
    if (is_missing) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (!missing.empty()) return bad("uses IAM Identity Center but lacks " + missing);
  if (!is_region_name(session.region)) return bad("has an sso_region that is no region");
  return std::make_unique<SsoCredentials>(context, std::move(session), value("sso_account_id"), value("sso_role_name"));
}

}  // namespace attache
