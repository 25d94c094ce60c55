#include "response_collector.hpp"

#include <attache/base/number.hpp>
#include <attache/base/text.hpp>

#include <algorithm>
#include <charconv>
#include <string>

namespace attache {
namespace {

/// S3 answers with a few KiB of headers; user metadata is at most 2 KiB. libcurl 7.88 limits a line, not their sum.
constexpr std::size_t kMaxHeaderBytes = std::size_t{256} * 1024;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

/// A status whose answer never has a body, whatever its Content-Length says.
bool has_no_body(HttpMethod method, int status) {
  return method == HttpMethod::kHead || status == 204 || status == 304;
}

}  // namespace

Status ResponseCollector::header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    return fail(ErrorCode::kService, peer_ + " sent more than 256 KiB of headers",
                "check that the endpoint is an S3 service");
  }
  if (line.starts_with("HTTP/")) {
    response_.status = 0;
    response_.headers = {};
    headers_complete_ = false;
    const auto space = line.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view code = line.substr(space + 1);
      std::from_chars(code.data(), code.data() + std::min<std::size_t>(code.size(), 3), response_.status);
    }
    return {};
  }
  if (headers_complete_) return {};
  const std::string_view field = trim(line);
  if (field.empty()) {
    headers_complete_ = true;
    return {};
  }
  const auto colon = field.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  response_.headers.add(std::string(trim(field.substr(0, colon))), std::string(trim(field.substr(colon + 1))));
  return {};
}

Status ResponseCollector::begin() {
  begun_ = true;
  if (request_.sink == nullptr) return {};
  ATTACHE_ASSIGN(to_sink_, request_.sink->begin(response_.status, response_.headers));
  return {};
}

Status ResponseCollector::body(std::span<const std::byte> data) {
  if (!begun_) ATTACHE_TRY(begin());
  response_.body_bytes += data.size();
  if (to_sink_) return request_.sink->write(data);
  if (data.size() > request_.max_collected_bytes - response_.body.size()) {
    return fail(ErrorCode::kService,
                peer_ + " answered with a body of more than " + std::to_string(request_.max_collected_bytes) +
                    " bytes where a short document was expected",
                "check that the endpoint is an S3 service");
  }
  response_.body.append(reinterpret_cast<const char*>(data.data()), data.size());
  return {};
}

std::optional<std::uint64_t> ResponseCollector::expected_bytes() const {
  const auto text = response_.headers.find("content-length");
  if (!text) return std::nullopt;
  return parse_number<std::uint64_t>(*text);
}

Result<HttpResponse> ResponseCollector::finish() {
  // libcurl takes a head that breaks off for a whole one.
  if (!headers_complete_) {
    return fail(ErrorCode::kNetwork, peer_ + " closed the connection in the middle of its answer's headers",
                "check the network connection and try again");
  }
  if (!begun_) ATTACHE_TRY(begin());
  const auto expected = expected_bytes();
  // libcurl sees to this for plain bodies; a chunked one may still contradict a Content-Length, and then nobody knows
  // which is true.
  if (expected && *expected != response_.body_bytes && !has_no_body(request_.method, response_.status)) {
    return fail(ErrorCode::kNetwork,
                peer_ + " announced a body of " + std::to_string(*expected) + " bytes and sent " +
                    std::to_string(response_.body_bytes),
                "try again; if it happens again, look for a proxy that changes answers");
  }
  return std::move(response_);
}

Status check_sendable(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers.fields()) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_character)) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(name) + "' cannot be the name of a header field",
                  "use letters, digits and hyphens");
    }
    if (std::any_of(value.begin(), value.end(), is_control)) {
      return fail(ErrorCode::kInvalidArgument, "the value of the header field " + name + " has a control character",
                  "remove line breaks and other control characters");
    }
  }
  return {};
}

}  // namespace attache
