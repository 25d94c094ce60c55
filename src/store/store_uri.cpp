#include <attache/base/text.hpp>
#include <attache/http/url.hpp>
#include <attache/store/store_uri.hpp>

#include <algorithm>

namespace attache {

namespace {

constexpr const char* kForms = "write s3://bucket/prefix, file:///path or a path";

/// The text without what may be a password: everything between `://` and `@` before the first slash.
std::string without_user(std::string_view text) {
  const std::size_t begin = text.find("://");
  if (begin == std::string_view::npos) return printable(text);
  const std::string_view rest = text.substr(begin + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return printable(text);
  return printable(text.substr(0, begin + 3)) + "***" + printable(rest.substr(at));
}

tl::unexpected<Error> refuse(std::string_view text, const std::string& why, const char* remedy = kForms) {
  return fail(ErrorCode::kInvalidArgument, "store '" + without_user(text) + "' " + why, remedy);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

Result<StoreLocation> parse_s3(std::string_view text, std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  S3Location location;
  location.bucket = rest.substr(0, slash);
  if (slash != std::string_view::npos) location.prefix = rest.substr(slash + 1);
  if (location.bucket.empty()) return refuse(text, "names no bucket");
  if (location.prefix.empty()) {
    return refuse(text, "names no prefix",
                  "write s3://bucket/prefix: job attachments always live below a prefix (the queue's rootPrefix)");
  }
  return location;
}

Result<StoreLocation> parse_file(std::string_view text, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  const std::string host = to_lower(rest.substr(0, slash));
  if (slash == std::string_view::npos || !(host.empty() || host == "localhost")) {
    return refuse(text, "names a host, not a path", "write file:///path with three slashes, or just the path");
  }
  std::optional<std::string> path = percent_decode(rest.substr(slash));
  if (!path || path->find('\0') != std::string::npos) {
    return refuse(text, "has a broken percent-encoding", "write %25 for a percent sign, or just the path");
  }
  return DirectoryLocation{*std::move(path)};
}

}  // namespace

Result<StoreLocation> parse_store_uri(std::string_view text) {
  if (text.empty()) return refuse(text, "is empty");
  // As the incumbent's URL parser does; for `s3:` only, because a path may contain every one of these characters.
  std::string url(text);
  url.erase(url.begin(), std::ranges::find_if(url, [](char c) { return static_cast<unsigned char>(c) > 0x20; }));
  std::erase_if(url, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });

  const std::size_t separator = url.find("://");
  const std::string scheme = to_lower(std::string_view(url).substr(0, separator));
  const bool is_url = separator != std::string::npos && !scheme.empty() && std::ranges::all_of(scheme, [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                      });
  if (!is_url) {
    if (scheme.starts_with("s3:") || scheme.starts_with("file:")) return refuse(text, "lacks the two slashes");
    if (text.find('\0') != std::string_view::npos) return refuse(text, "holds a NUL");
    return DirectoryLocation{std::string(text)};
  }
  const std::string_view rest = std::string_view(url).substr(separator + 3);
  if (scheme == "s3") return parse_s3(url, rest);
  if (scheme == "file") return parse_file(url, rest);
  if (scheme == "http" || scheme == "https") {
    return refuse(url, "is a web address",
                  "write s3://bucket/prefix, and give the server's address with --endpoint-url or AWS_ENDPOINT_URL");
  }
  return refuse(url, "has the unknown scheme '" + scheme + "'");
}

std::string to_uri(const StoreLocation& location) {
  if (const auto* s3 = std::get_if<S3Location>(&location)) return "s3://" + s3->bucket + "/" + s3->prefix;
  const std::string& path = std::get<DirectoryLocation>(location).path;
  return path.starts_with('/') ? "file://" + percent_encode(path, Slash::kKeep) : path;
}

}  // namespace attache
