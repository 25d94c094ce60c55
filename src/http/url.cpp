#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include <algorithm>

namespace attache {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_unreserved(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// The text up to its query, without user information: what of a bad URL may be shown.
std::string showable(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  const auto scheme = text.find("://");
  const auto start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto at = text.substr(0, text.find('/', start)).rfind('@');
  if (at == std::string_view::npos || at < start) return printable(text);
  return printable(std::string(text.substr(0, start)) + "..." + std::string(text.substr(at)));
}

tl::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, "'" + showable(text) + "' is not a usable URL: " + std::string(why),
              "write it as https://host, https://host:port or http://host:port, with an optional path");
}

bool is_host_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), is_unreserved);
}

/// Only the characters: what is an address is for the resolver to say. A zone (`%eth0`) is not supported.
bool is_ipv6_literal(std::string_view host) {
  return host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
}

}  // namespace

std::string Url::authority() const {
  const bool own_port = port == (scheme == "https" ? kHttpsPort : kHttpPort);
  std::string result = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (!own_port) result += ":" + std::to_string(port);
  return result;
}

std::string Url::host_and_port() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string Url::to_string() const {
  std::string result = scheme + "://" + authority() + path;
  if (!query.empty()) result += "?" + query;
  return result;
}

Result<Url> parse_url(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F) return bad_url(text, "it has a character that must be percent-encoded");
  }
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad_url(text, "it does not start with http:// or https://");
  Url url;
  url.scheme = lower(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") {
    return bad_url(text, "it does not start with http:// or https://");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  if (rest.find('#') != std::string_view::npos) return bad_url(text, "it has a fragment");
  if (const auto question = rest.find('?'); question != std::string_view::npos) {
    url.query = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    url.path = rest.substr(slash);
    rest = rest.substr(0, slash);
  }
  if (rest.find('@') != std::string_view::npos) return bad_url(text, "it has a user name or password");

  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const auto bracket = rest.find(']');
    if (bracket == std::string_view::npos) return bad_url(text, "its IPv6 address has no closing bracket");
    url.host = lower(rest.substr(1, bracket - 1));
    if (!is_ipv6_literal(url.host)) return bad_url(text, "its IPv6 address is not one");
    rest = rest.substr(bracket + 1);
    has_port = !rest.empty();
    if (has_port && !rest.starts_with(':')) return bad_url(text, "something follows its IPv6 address");
    if (has_port) port = rest.substr(1);
  } else {
    const auto colon = rest.find(':');
    has_port = colon != std::string_view::npos;
    if (has_port) port = rest.substr(colon + 1);
    url.host = lower(rest.substr(0, colon));
    if (url.host.empty()) return bad_url(text, "it names no host");
    if (!is_host_name(url.host)) return bad_url(text, "its host name has a character that host names cannot have");
  }
  url.port = url.scheme == "https" ? kHttpsPort : kHttpPort;
  if (has_port) {
    const auto number = parse_number<std::uint16_t>(port);
    if (!number || *number == 0) return bad_url(text, "its port is not a number from 1 to 65535");
    url.port = *number;
  }
  return url;
}

std::string percent_encode(std::string_view text, Slash slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4U];
      result += kHex[byte & 0xFU];
    }
  }
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

std::string encode_query(const QueryParameters& parameters) {
  QueryParameters encoded;
  encoded.reserve(parameters.size());
  for (const auto& [name, value] : parameters) encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::sort(encoded.begin(), encoded.end());
  std::string result;
  for (const auto& [name, value] : encoded) {
    if (!result.empty()) result += '&';
    result += name;
    result += '=';
    result += value;
  }
  return result;
}

std::optional<QueryParameters> decode_query(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value =
        equals == std::string_view::npos ? std::optional<std::string>("") : percent_decode(pair.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

}  // namespace attache
