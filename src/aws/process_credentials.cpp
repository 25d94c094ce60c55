#include "process_credentials.hpp"

#include <attache/base/text.hpp>

#include "command_line.hpp"
#include "json_credentials.hpp"
#include "json_object.hpp"

namespace attache {

std::string ProcessCredentials::describe() const {
  return "credential_process of profile '" + printable(profile_) + "'";
}

Result<Credentials> ProcessCredentials::get(std::stop_token stop) {
  ProcessCommand command;
  auto words = split_command_line(command_);
  if (!words) return fail(words.error().within(describe()));
  command.arguments = *std::move(words);
  const std::string program = printable(command.arguments.front());
  const auto result = context_.process_runner(command, std::move(stop));
  if (!result) {
    if (result.error().code() == ErrorCode::kCancelled) return fail(result.error());
    return fail(result.error().within(describe()));
  }
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kService, describe() + ": '" + program + "' " + what,
                "run it by hand to see what it says; it must print credentials as JSON, version 1");
  };
  if (result->exit_status != 0) return bad("ended with status " + std::to_string(result->exit_status));
  const auto document = JsonObject::parse(result->output);
  if (!document) return bad("did not print a JSON object");
  const auto version = document->integer("Version");
  if (!version) return bad("printed no Version");
  if (*version != 1) return bad("printed version " + std::to_string(*version) + " of the format, not version 1");
  ATTACHE_ASSIGN(Credentials credentials, credentials_of(*document, "SessionToken", Expiry::kOptional, describe()));
  if (credentials.account_id.empty()) credentials.account_id = account_id_;
  return credentials;
}

}  // namespace attache
