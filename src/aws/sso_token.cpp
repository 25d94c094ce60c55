#include "sso_token.hpp"

#include <attache/base/text.hpp>

#include "aws_partition.hpp"
#include "aws_time.hpp"
#include "secrets.hpp"
#include "sha1.hpp"

#include <span>

namespace attache {
namespace {

constexpr std::chrono::minutes kRefreshBefore{15};

}  // namespace

std::string SsoToken::remedy() const {
  return "run `aws sso login --profile " + printable(session_.profile) + "`";
}

tl::unexpected<Error> SsoToken::no_token(const std::string& why) const {
  return fail(ErrorCode::kPermissionDenied,
              "the IAM Identity Center login of profile '" + printable(session_.profile) + "' " + why, remedy());
}

Result<std::string> SsoToken::cache_file() const {
  if (context_.host.home.empty()) return no_token("cannot be found: there is no home directory");
  ATTACHE_ASSIGN(const std::string name, sha1_hex(session_.name.empty() ? session_.start_url : session_.name));
  return context_.host.home + "/.aws/sso/cache/" + name + ".json";
}

Result<SsoToken::Cached> SsoToken::read(const std::string& path) const {
  ATTACHE_ASSIGN(const std::optional<std::string> text, context_.host.read_file(path));
  if (!text) return no_token("has not been made: there is no '" + printable(path) + "'");
  auto document = JsonObject::parse(*text);
  if (!document) return no_token("is unreadable: '" + printable(path) + "' is not JSON");
  std::string access_token = document->text("accessToken");
  const auto expires = parse_aws_time(document->text("expiresAt"));
  if (access_token.empty() || !expires) {
    return no_token("is unreadable: '" + printable(path) + "' lacks accessToken or expiresAt");
  }
  return Cached{*std::move(document), std::move(access_token), *expires};
}

bool SsoToken::can_refresh(const Cached& cached) const {
  if (session_.name.empty()) return false;  // the older form has no refresh tokens
  for (const char* field : {"refreshToken", "clientId", "clientSecret"}) {
    if (cached.document.text(field).empty()) return false;
  }
  const auto registration = parse_aws_time(cached.document.text("registrationExpiresAt"));
  return registration && *registration > context_.now();
}

Result<std::string> SsoToken::get(std::stop_token stop) const {
  ATTACHE_ASSIGN(const std::string path, cache_file());
  ATTACHE_ASSIGN(Cached cached, read(path));
  const auto now = context_.now();
  const std::string current = cached.access_token;
  const bool is_expired = cached.expires <= now;
  if (cached.expires - now >= kRefreshBefore) return current;
  if (!can_refresh(cached)) {
    if (!is_expired) return current;
    return no_token("expired at " + format_aws_time(cached.expires));
  }
  auto refreshed = refresh(std::move(cached), path, std::move(stop));
  if (refreshed || refreshed.error().code() == ErrorCode::kCancelled) return refreshed;
  // A refresh token is good for one use: another process of this user may have come first, and left its own in the
  // cache.
  const auto other = read(path);
  if (other && other->access_token != current && other->expires > now) return other->access_token;
  if (is_expired) return refreshed;
  return current;
}

Status SsoToken::keep(const Cached& cached, const std::string& path) const {
  const Status written = context_.host.write_private_file(path, cached.document.dump());
  if (written) return {};
  return fail(written.error().within("keeping the refreshed IAM Identity Center login of profile '" +
                                     printable(session_.profile) + "'"));
}

Result<std::string> SsoToken::refresh(Cached cached, const std::string& path, std::stop_token stop) const {
  // Asking spends the refresh token. If the new one could not be kept, the next login would be a person's: find out
  // now.
  ATTACHE_TRY(keep(cached, path));
  const std::string secret = cached.document.text("clientSecret");
  const std::string refresh_token = cached.document.text("refreshToken");
  JsonObject ask;
  ask.set("grantType", "refresh_token");
  ask.set("clientId", cached.document.text("clientId"));
  ask.set("clientSecret", secret);
  ask.set("refreshToken", refresh_token);
  const std::string body = ask.dump();

  const AwsSettings& settings = context_.settings;
  std::string base = settings.sso_oidc_endpoint_url;
  if (base.empty()) {
    base = "https://" + aws_service_host("oidc", session_.region, settings.use_fips, settings.use_dualstack);
  }
  while (base.ends_with('/')) base.pop_back();
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.url = base + "/token";
  request.headers.add("content-type", "application/json");
  request.body = std::as_bytes(std::span(body));
  request.max_collected_bytes = std::size_t{256} * 1024;
  const auto response =
      bounded_call(context_.transport, request, context_.service_limits, is_passing_status, std::move(stop));
  if (!response) {
    return fail(response.error().within("refreshing the IAM Identity Center login of profile '" +
                                        printable(session_.profile) + "'"));
  }
  const auto document = JsonObject::parse(response->body);
  if (response->status != 200) {
    // OAuth's error names, e.g. invalid_grant: whether the login was revoked or replaced by another one.
    const std::string code = document ? shown_without(document->text("error"), {secret, refresh_token}) : "";
    return no_token("could not be refreshed: status " + std::to_string(response->status) +
                    (code.empty() ? "" : " " + code));
  }
  const std::string access_token = document ? document->text("accessToken") : "";
  const auto expires_in = document ? document->integer("expiresIn") : std::nullopt;
  if (access_token.empty() || !expires_in || *expires_in <= 0) {
    return no_token("could not be refreshed: the answer holds no token");
  }
  cached.document.set("accessToken", access_token);
  cached.document.set("expiresAt", format_aws_time(context_.now() + std::chrono::seconds(*expires_in)));
  cached.document.set("startUrl", session_.start_url);
  cached.document.set("region", session_.region);
  // A refresh token is good for one use: without a new one there will be no further refresh.
  const std::string next = document->text("refreshToken");
  if (next.empty()) {
    cached.document.remove("refreshToken");
  } else {
    cached.document.set("refreshToken", next);
  }
  ATTACHE_TRY(keep(cached, path));
  return access_token;
}

}  // namespace attache
