#include "profile_keys.hpp"

#include <attache/base/text.hpp>

#include "key_pair.hpp"

namespace attache {

const std::string& ProfileKeys::path() const {
  return kind_ == ProfileFileKind::kConfig ? context_.settings.config_file : context_.settings.credentials_file;
}

std::string ProfileKeys::describe() const {
  return "profile '" + printable(profile_) + "' of " + printable(path());
}

Result<Credentials> ProfileKeys::get(std::stop_token) {
  const AwsSettings& settings = context_.settings;
  ProfileFile reread;
  const bool again = was_read_.exchange(true);
  if (again && !path().empty()) {
    ATTACHE_ASSIGN(const std::optional<std::string> text, context_.host.read_file(path()));
    if (text) {
      ATTACHE_ASSIGN(reread, parse_profile_file(*text, path(), kind_));
    }
  }
  const ProfileFile& file = again                               ? reread
                            : kind_ == ProfileFileKind::kConfig ? settings.config_profiles
                                                                : settings.credentials_profiles;
  const auto value = [&](std::string_view name) { return file.find(profile_, name).value_or(""); };
  Credentials credentials;
  credentials.access_key_id = value("aws_access_key_id");
  credentials.secret_access_key = value("aws_secret_access_key");
  credentials.session_token = value("aws_session_token");
  if (credentials.session_token.empty()) credentials.session_token = value("aws_security_token");
  credentials.account_id = value("aws_account_id");
  return checked_key_pair(std::move(credentials), describe(), "aws_access_key_id", "aws_secret_access_key");
}

}  // namespace attache
