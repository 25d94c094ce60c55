#include <attache/store/s3_error.hpp>
#include <attache/store/store_uri.hpp>

#include "kinds.hpp"

#include <map>
#include <set>

// What a person is told when S3 refuses (incumbent formats, section 8.1). Wording is ours; compared is what must be
// said: the permissions, and whether the account is named.

namespace attache::vectors {

namespace {

std::set<std::string> permissions_in(const std::string& text) {
  std::set<std::string> found;
  for (const char* service : {"s3:", "kms:"}) {
    for (std::size_t at = 0; (at = text.find(service, at)) != std::string::npos; ++at) {
      std::size_t end = at + std::string_view(service).size();
      while (end < text.size() && std::string_view(" /',;)").find(text[end]) == std::string_view::npos) ++end;
      // Not the scheme of an address.
      if (end > at + std::string_view(service).size()) found.insert(text.substr(at, end - at));
    }
  }
  return found;
}

std::optional<S3Action> action_of(const std::string& operation) {
  static const std::map<std::string, S3Action> actions = {
      {"upload_file", S3Action::kPut},   {"upload_manifest", S3Action::kPut},
      {"head", S3Action::kHead},         {"get_manifest", S3Action::kGet},
      {"download_file", S3Action::kGet}, {"download_file_incremental", S3Action::kGet},
      {"list", S3Action::kList}};
  const auto found = actions.find(operation);
  return found == actions.end() ? std::nullopt : std::optional(found->second);
}

/// What an error of ours says, in the form of the vectors. The text of the service, which the message quotes, may name
/// anything; it is left out.
Json said(const Error& error, const std::string& of_service, const std::string& account) {
  std::string own = error.to_string();
  if (const std::size_t quoted = of_service.empty() ? std::string::npos : own.find(of_service);
      quoted != std::string::npos) {
    own.erase(quoted, of_service.size());
  }
  return Json{{"names_permissions", permissions_in(own)},
              {"names_account", !account.empty() && own.find(account) != std::string::npos}};
}

Json expected_of(const Json& expected) {
  return Json{{"names_permissions", expected.at("names_permissions").get<std::set<std::string>>()},
              {"names_account", expected.at("names_account")}};
}

Outcome check_answer(const VectorCase& vector, S3Action action) {
  S3Failure failure;
  failure.action = action;
  failure.status = vector.input.at("status").get<int>();
  failure.code = text_of(vector.input.at("code"));
  failure.message = text_of(vector.input.at("message"));
  failure.bucket = "farm-bucket";
  failure.key = "root/Data/x.xxh128";
  failure.request_id = "REQUEST1";
  failure.region = "us-west-2";
  failure.account_id = optional_text_of(vector.input.value("account_id", Json())).value_or("");
  if (vector.expected.contains("ok")) {
    if (action != S3Action::kHead || vector.expected.at("ok") != false) throw MalformedCase("a refusal that succeeds");
    // Absence is no error of ours either, and has no guidance.
    return failure.status == 404 ? pass() : deviation(Deviation::kFailureIsNotAbsence);
  }
  const Error error = s3_error(failure);
  const std::string text = error.to_string();
  for (const std::string& part : {failure.bucket, failure.key, std::to_string(failure.status), failure.request_id}) {
    if (text.find(part) == std::string::npos) return attache::vectors::failure("a message with " + part, text);
  }
  if (error.remedy().empty()) return attache::vectors::failure("a remedy", text);
  return compare(expected_of(vector.expected), said(error, failure.message, failure.account_id));
}

/// No answer came. What the transport says passes through with the action and the object in front of it.
Outcome check_no_answer(const VectorCase& vector, S3Action action) {
  if (vector.expected.contains("ok")) return deviation(Deviation::kFailureIsNotAbsence);
  const Error transport(ErrorCode::kNetwork, text_of(vector.input.at("transport_error")), "check the network");
  const Error error = transport.within(failed_action(action, "farm-bucket", "root/Data/x.xxh128"));
  if (error.remedy() != transport.remedy()) return failure(transport.remedy(), error.remedy());
  return compare(expected_of(vector.expected), said(error, transport.message(), ""));
}

/// A store without a bucket or a prefix is refused when its address is read.
Outcome check_settings(const VectorCase& vector) {
  const std::string uri = "s3://" + text_of(vector.input.at("bucket")) + "/" + text_of(vector.input.at("prefix"));
  const Result<StoreLocation> location = parse_store_uri(uri);
  if (location) return compare(Json(true), Json(!vector.expected.contains("error")));
  return compare(expected_of(vector.expected), said(location.error(), "", ""));
}

Outcome check_error_guidance(const VectorCase& vector) {
  const std::string operation = text_of(vector.input.at("op"));
  if (operation == "asset_manager_settings") return check_settings(vector);
  // How much a disk must have free is asked of the disk: files are written with the space for them reserved.
  if (operation == "disk_capacity") return deviation(Deviation::kSpaceIsReserved);
  const std::optional<S3Action> action = action_of(operation);
  if (!action) throw MalformedCase("unknown operation '" + operation + "'");
  return vector.input.contains("status") ? check_answer(vector, *action) : check_no_answer(vector, *action);
}

constexpr Kind kKinds[] = {{"error_guidance", check_error_guidance}};

}  // namespace

std::span<const Kind> s3_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
