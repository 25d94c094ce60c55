#pragma once

#include <attache/base/result.hpp>

#include "json_object.hpp"
#include "source_context.hpp"

#include <chrono>
#include <stop_token>
#include <string>

namespace attache {

/// Which login of IAM Identity Center a profile uses.
struct SsoSession {
  std::string profile;  ///< for messages
  std::string name;     ///< of the sso-session section; empty: the older form, all in the profile
  std::string start_url;
  std::string region;
};

/// The access token that `aws sso login` left in ~/.aws/sso/cache/<sha1 of the session's name or start URL>.json. A
/// token of a session that has less than 15 minutes left is refreshed, if the cache holds what that takes and can be
/// written; it is rewritten as the AWS CLI does it, so that the CLI goes on with the new one. A refresh that fails is
/// no error while the token is still valid, or if another process has refreshed it meanwhile. Without a usable token:
/// kPermissionDenied with the login command as its remedy.
class SsoToken {
 public:
  SsoToken(const SourceContext& context, SsoSession session) : context_(context), session_(std::move(session)) {}

  Result<std::string> get(std::stop_token stop) const;
  /// "run `aws sso login --profile farm`"
  std::string remedy() const;

 private:
  struct Cached {
    JsonObject document;
    std::string access_token;
    std::chrono::sys_seconds expires;
  };
  Result<std::string> cache_file() const;
  Result<Cached> read(const std::string& path) const;
  bool can_refresh(const Cached& cached) const;
  Status keep(const Cached& cached, const std::string& path) const;
  Result<std::string> refresh(Cached cached, const std::string& path, std::stop_token stop) const;
  tl::unexpected<Error> no_token(const std::string& why) const;

  const SourceContext& context_;
  SsoSession session_;
};

}  // namespace attache
