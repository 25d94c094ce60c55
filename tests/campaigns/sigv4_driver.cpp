// The library's signatures and S3 endpoints for tests/interop/sigv4_test.py: one JSON request a line, answered with one
// JSON line.
//
//   {"sign": {"method", "url", "key": "<S3 key>", "query": [["name", "value"], ...], "headers": [["name", "value"],
//   ...],
//    "payload_hash", "time": <seconds>, "region", "service", "expires": <seconds>, or 0 for the header,
//    "access_key", "secret_key", "token"}}
//   {"canonical_request", "string_to_sign", "signature"} and for the header "authorization", else "query"
//
//   {"endpoint": {"bucket", "region", "endpoint_url", "addressing": "auto", "path" or "virtual", "fips", "dualstack",
//    "accelerate"}}
//   {"url"} or {"error"}

#include <attache/aws/s3_endpoint.hpp>
#include <attache/aws/sigv4.hpp>

#include "json_lines.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace attache {
namespace {

using Json = nlohmann::json;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

std::string header_of(const SigV4Signature& signature, std::string_view name) {
  for (const auto& [field, value] : signature.headers) {
    if (field == name) return value;
  }
  return {};
}

Json sign(const Json& ask) {
  const auto text = [&](const char* name) { return ask.at(name).get<std::string>(); };
  const std::string method = text("method");
  const Url url = must(parse_url(text("url")));
  const std::string path = url.path + "/" + percent_encode(text("key"), Slash::kKeep);
  const std::string payload_hash = text("payload_hash");
  const std::string service = text("service");
  SigV4Request request;
  request.method = method;
  request.path = path;
  for (const Json& pair : ask.at("query")) request.query.emplace_back(pair.at(0), pair.at(1));
  request.headers.add("host", url.authority());
  for (const Json& pair : ask.at("headers")) request.headers.add(pair.at(0), pair.at(1));
  request.payload_hash = payload_hash;
  request.time = std::chrono::sys_seconds(std::chrono::seconds(ask.at("time").get<std::int64_t>()));
  const Credentials credentials{text("access_key"), text("secret_key"), text("token"), "", {}};

  SigV4Options options;
  const bool is_s3 = service == "s3";
  options.add_payload_hash_header = is_s3;
  options.canonical_path = is_s3 ? CanonicalPath::kAsSent : CanonicalPath::kNormalizedAndEncodedAgain;
  const SigV4Signer signer(text("region"), service, options);
  const std::chrono::seconds expires(ask.at("expires").get<std::int64_t>());
  std::string query;
  const SigV4Signature signature = expires.count() == 0 ? must(signer.sign(request, credentials))
                                                        : must(signer.presign(request, credentials, expires, query));
  Json answer{{"canonical_request", signature.canonical_request},
              {"string_to_sign", signature.string_to_sign},
              {"signature", signature.signature}};
  if (expires.count() == 0) {
    answer["authorization"] = header_of(signature, "authorization");
  } else {
    answer["query"] = query;
  }
  return answer;
}

Json endpoint(const Json& ask) {
  AwsSettings settings;
  settings.region = ask.at("region").get<std::string>();
  settings.endpoint_url = ask.at("endpoint_url").get<std::string>();
  const std::string addressing = ask.at("addressing").get<std::string>();
  settings.addressing = addressing == "path"      ? S3Addressing::kPath
                        : addressing == "virtual" ? S3Addressing::kVirtualHost
                                                  : S3Addressing::kAuto;
  settings.use_fips = ask.at("fips").get<bool>();
  settings.use_dualstack = ask.at("dualstack").get<bool>();
  settings.use_accelerate = ask.at("accelerate").get<bool>();
  const auto made = S3Endpoint::make(settings, ask.at("bucket").get<std::string>());
  if (!made) return {{"error", made.error().to_string()}};
  return {{"url", made->url("")}};
}

Json answer(const Json& request) {
  return request.contains("sign") ? sign(request.at("sign")) : endpoint(request.at("endpoint"));
}

}  // namespace
}  // namespace attache

int main() {
  return attache::answer_lines("attache_sigv4_driver", attache::answer);
}
