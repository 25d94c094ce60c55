#pragma once

#include <attache/http/transport.hpp>

#include <optional>
#include <string_view>

namespace attache {

/// What is done with an answer, whatever transport it comes by: keeps status and headers, gives the body to the
/// request's sink or collects it within the limit, and compares its length with Content-Length. Not thread-safe.
class ResponseCollector {
 public:
  /// `request` and its sink must outlive the collector. `peer` ("host:port") is for messages.
  ResponseCollector(const HttpRequest& request, std::string peer) : request_(request), peer_(std::move(peer)) {}

  /// One line of a header block with or without its line end: a status line, a field, or the empty line at the end. A
  /// new status line drops what came before it (100 Continue); fields after the end (trailers) are ignored. Parsing is
  /// lenient: what is not understood is left out.
  Status header_line(std::string_view line);
  /// A piece of the body. After an error nothing more may be given.
  Status body(std::span<const std::byte> data);
  /// The end of a message that is complete as the transport sees it.
  Result<HttpResponse> finish();

  /// Content-Length, if the answer had a valid one.
  std::optional<std::uint64_t> expected_bytes() const;
  std::uint64_t received_bytes() const { return response_.body_bytes; }

 private:
  Status begin();

  const HttpRequest& request_;
  std::string peer_;
  HttpResponse response_;
  std::size_t header_bytes_ = 0;
  bool headers_complete_ = false;
  bool begun_ = false;
  bool to_sink_ = false;
};

/// Why these fields cannot be sent, if they cannot: names must be tokens, values free of control characters (a line
/// break would let a value forge another field).
Status check_sendable(const HttpHeaders& headers);

}  // namespace attache
