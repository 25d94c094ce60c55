#include <attache/aws/sigv4.hpp>
#include <attache/base/text.hpp>

#include "sha256.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace attache {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::seconds kLongestValidity{std::chrono::hours(24 * 7)};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// "20130524T000000Z"
std::string timestamp(std::chrono::sys_seconds time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  char text[32];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

/// Without blanks at its ends, and with one space for each run of blanks inside.
std::string collapsed(std::string_view value) {
  std::string result;
  bool blank = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      blank = !result.empty();
      continue;
    }
    if (blank) result += ' ';
    blank = false;
    result += c;
  }
  return result;
}

/// What connections and intermediaries change or drop; the list is that of the AWS CLI, whose signatures all services
/// and their imitations accept.
constexpr std::array<std::string_view, 15> kNeverSigned = {"authorization",
                                                           "baggage",
                                                           "connection",
                                                           "expect",
                                                           "keep-alive",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "te",
                                                           "traceparent",
                                                           "tracestate",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "user-agent",
                                                           "x-amzn-trace-id"};

bool is_never_signed(std::string_view name) {
  return std::find(kNeverSigned.begin(), kNeverSigned.end(), name) != kNeverSigned.end();
}

/// Lower-case names in byte order; the values of a name that comes more than once are joined by commas, in order.
std::map<std::string, std::string> canonical_headers(const HttpHeaders& headers) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : headers.fields()) {
    std::string key = lower(name);
    if (is_never_signed(key)) continue;
    const auto [entry, is_new] = result.try_emplace(std::move(key), collapsed(value));
    if (!is_new) entry->second += "," + collapsed(value);
  }
  return result;
}

/// RFC 3986, 5.2.4, and no empty segments.
std::string normalized_path(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool ends_in_slash = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : segments) result.append("/").append(segment);
  if (result.empty() || ends_in_slash) result += '/';
  return result;
}

std::string canonical_path(std::string_view path, CanonicalPath how) {
  if (path.empty()) return "/";
  switch (how) {
    case CanonicalPath::kAsSent:
      return std::string(path);
    case CanonicalPath::kEncodedAgain:
      return percent_encode(path, Slash::kKeep);
    case CanonicalPath::kNormalizedAndEncodedAgain:
      return percent_encode(normalized_path(path), Slash::kKeep);
  }
  return {};
}

Status check(const SigV4Request& request, const Credentials& credentials) {
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return fail(ErrorCode::kUnauthenticated, "a request cannot be signed without an access key", "provide credentials");
  }
  if (!request.headers.find("host")) {
    return fail(ErrorCode::kInvalidArgument, "a request cannot be signed without a host", "add a Host header");
  }
  return {};
}

struct Canonical {
  std::string request;
  std::string signed_headers;
};

Canonical canonical_request(const SigV4Request& request, const std::string& query, const HttpHeaders& headers,
                            CanonicalPath path) {
  Canonical result;
  std::string fields;
  for (const auto& [name, value] : canonical_headers(headers)) {
    fields.append(name).append(":").append(value).append("\n");
    if (!result.signed_headers.empty()) result.signed_headers += ';';
    result.signed_headers += name;
  }
  result.request.append(request.method).append("\n");
  result.request.append(canonical_path(request.path, path)).append("\n");
  result.request.append(query).append("\n").append(fields).append("\n");
  result.request.append(result.signed_headers).append("\n").append(request.payload_hash);
  return result;
}

}  // namespace

SigV4Signer::SigV4Signer(std::string region, std::string service, SigV4Options options)
    : region_(std::move(region)), service_(std::move(service)), options_(options) {}

std::string SigV4Signer::scope(std::string_view date) const {
  return std::string(date) + "/" + region_ + "/" + service_ + "/aws4_request";
}

Result<SigV4Signer::Key> SigV4Signer::signing_key(std::string_view secret, std::string_view date) const {
  {
    const std::lock_guard lock(mutex_);
    if (!cached_date_.empty() && cached_date_ == date && cached_secret_ == secret) return cached_key_;
  }
  const std::string start = "AWS4" + std::string(secret);
  ATTACHE_ASSIGN(Key key, hmac_sha256(std::as_bytes(std::span(start)), date));
  ATTACHE_ASSIGN(key, hmac_sha256(key, region_));
  ATTACHE_ASSIGN(key, hmac_sha256(key, service_));
  ATTACHE_ASSIGN(key, hmac_sha256(key, "aws4_request"));
  const std::lock_guard lock(mutex_);
  cached_secret_ = secret;
  cached_date_ = date;
  cached_key_ = key;
  return key;
}

/// From the canonical request on, header and query signatures are the same.
Status SigV4Signer::finish(SigV4Signature& signature, const Credentials& credentials, const std::string& time) const {
  const std::string_view date = std::string_view(time).substr(0, 8);
  ATTACHE_ASSIGN(const std::string hash, sha256_hex(signature.canonical_request));
  signature.string_to_sign.append(kAlgorithm).append("\n").append(time).append("\n");
  signature.string_to_sign.append(scope(date)).append("\n").append(hash);
  ATTACHE_ASSIGN(const Key key, signing_key(credentials.secret_access_key, date));
  ATTACHE_ASSIGN(const Sha256 digest, hmac_sha256(key, signature.string_to_sign));
  signature.signature = to_hex(digest);
  return {};
}

Result<SigV4Signature> SigV4Signer::sign(const SigV4Request& request, const Credentials& credentials) const {
  ATTACHE_TRY(check(request, credentials));
  const std::string time = timestamp(request.time);
  SigV4Signature signature;
  signature.headers.emplace_back("x-amz-date", time);
  if (options_.add_payload_hash_header) signature.headers.emplace_back("x-amz-content-sha256", request.payload_hash);
  const auto add_token = [&] {
    if (!credentials.session_token.empty()) {
      signature.headers.emplace_back("x-amz-security-token", credentials.session_token);
    }
  };
  if (options_.sign_session_token) add_token();

  HttpHeaders headers = request.headers;
  for (const auto& [name, value] : signature.headers) headers.set(name, value);
  Canonical canonical = canonical_request(request, encode_query(request.query), headers, options_.canonical_path);
  signature.canonical_request = std::move(canonical.request);
  signature.signed_headers = std::move(canonical.signed_headers);
  ATTACHE_TRY(finish(signature, credentials, time));

  if (!options_.sign_session_token) add_token();
  std::string authorization(kAlgorithm);
  authorization.append(" Credential=").append(credentials.access_key_id).append("/");
  authorization.append(scope(std::string_view(time).substr(0, 8)));
  authorization.append(", SignedHeaders=").append(signature.signed_headers);
  authorization.append(", Signature=").append(signature.signature);
  signature.headers.emplace_back("authorization", std::move(authorization));
  return signature;
}

Result<SigV4Signature> SigV4Signer::presign(const SigV4Request& request, const Credentials& credentials,
                                            std::chrono::seconds valid_for, std::string& query) const {
  ATTACHE_TRY(check(request, credentials));
  if (valid_for < std::chrono::seconds(1) || valid_for > kLongestValidity) {
    return fail(ErrorCode::kInvalidArgument,
                "a presigned URL cannot be valid for " + std::to_string(valid_for.count()) + " s",
                "choose a time between one second and seven days");
  }
  const std::string time = timestamp(request.time);
  SigV4Signature signature;
  std::string signed_headers;
  for (const auto& [name, value] : canonical_headers(request.headers)) {
    signed_headers += (signed_headers.empty() ? "" : ";") + name;
  }
  QueryParameters parameters = request.query;
  parameters.emplace_back("X-Amz-Algorithm", kAlgorithm);
  parameters.emplace_back("X-Amz-Credential",
                          credentials.access_key_id + "/" + scope(std::string_view(time).substr(0, 8)));
  parameters.emplace_back("X-Amz-Date", time);
  parameters.emplace_back("X-Amz-Expires", std::to_string(valid_for.count()));
  parameters.emplace_back("X-Amz-SignedHeaders", signed_headers);
  QueryParameters unsigned_parameters;
  if (!credentials.session_token.empty()) {
    (options_.sign_session_token ? parameters : unsigned_parameters)
        .emplace_back("X-Amz-Security-Token", credentials.session_token);
  }
  const std::string canonical_query = encode_query(parameters);
  Canonical canonical = canonical_request(request, canonical_query, request.headers, options_.canonical_path);
  signature.canonical_request = std::move(canonical.request);
  signature.signed_headers = std::move(canonical.signed_headers);
  ATTACHE_TRY(finish(signature, credentials, time));
  unsigned_parameters.emplace_back("X-Amz-Signature", signature.signature);
  query = canonical_query + "&" + encode_query(unsigned_parameters);
  return signature;
}

Status SigV4Signer::sign_request(HttpRequest& request, std::string_view payload_hash, const Credentials& credentials,
                                 std::chrono::sys_seconds time) const {
  ATTACHE_ASSIGN(const Url url, parse_url(request.url));
  auto query = decode_query(url.query);
  if (!query) {
    return fail(ErrorCode::kInvalidArgument, "the query of a request to " + url.authority() + " is badly encoded",
                "percent-encode it");
  }
  for (const std::string_view name : {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "authorization"}) {
    request.headers.remove(name);
  }
  SigV4Request to_sign;
  to_sign.method = to_string(request.method);
  to_sign.path = url.path;
  to_sign.query = *std::move(query);
  to_sign.headers = request.headers;
  if (!to_sign.headers.find("host")) to_sign.headers.add("host", url.authority());
  to_sign.payload_hash = payload_hash;
  to_sign.time = time;
  ATTACHE_ASSIGN(SigV4Signature signature, sign(to_sign, credentials));
  for (auto& [name, value] : signature.headers) request.headers.add(std::move(name), std::move(value));
  return {};
}

}  // namespace attache
