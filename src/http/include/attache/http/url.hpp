#pragma once

#include <attache/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// Names and values of a query, unencoded.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// An absolute http or https URL, taken apart and not changed: path and query stay percent-encoded as they were.
struct Url {
  std::string scheme;      ///< "http" or "https", lower case
  std::string host;        ///< lower case; an IPv6 literal without its brackets
  std::uint16_t port = 0;  ///< always set: the scheme's own if the URL names none
  std::string path;        ///< starts with `/`, or empty
  std::string query;       ///< without `?`

  /// `host[:port]` as in a Host header: IPv6 in brackets, the port only if it is not the scheme's own.
  std::string authority() const;
  /// `host:port` for messages, the port always.
  std::string host_and_port() const;
  /// The whole URL.
  std::string to_string() const;
};

/// kInvalidArgument if `text` is not an absolute http or https URL: also for user names and passwords in it (they would
/// leak into logs), fragments, spaces and control characters. The message never repeats a query or a password.
Result<Url> parse_url(std::string_view text);

enum class Slash { kEncode, kKeep };

/// Percent-encodes every byte but `A-Za-z0-9-._~` (and `/` if kept), with upper-case hex: the encoding of signatures
/// and S3 keys. A space is `%20`.
std::string percent_encode(std::string_view text, Slash slash = Slash::kEncode);

/// Replaces `%XX`; `+` stays. Nothing if a `%` is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Parameters percent-encoded, sorted by encoded name and then value, as `a=1&b=`: the canonical query of SigV4, also
/// good to send.
std::string encode_query(const QueryParameters& parameters);

/// The reverse; a parameter without `=` has an empty value. Nothing if a percent-encoding is broken.
std::optional<QueryParameters> decode_query(std::string_view query);

}  // namespace attache
