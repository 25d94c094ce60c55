#pragma once

#include <attache/base/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace attache {

/// What is known about a transfer that libcurl gave up.
struct CurlFailure {
  std::string peer = {};                       ///< "host:port"
  std::string detail = {};                     ///< libcurl's own words; may be empty
  bool connected = false;                      ///< the connection, with TLS, was made
  bool reused = false;                         ///< it was made for an earlier request
  bool refused = false;                        ///< the system reported ECONNREFUSED
  bool reset = false;                          ///< the system reported ECONNRESET or EPIPE
  std::optional<std::uint64_t> expected = {};  ///< Content-Length of the answer
  std::uint64_t received = 0;                  ///< bytes of its body
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::seconds stall_timeout{0};
  std::string ca_bundle = {};  ///< the bundle in use, if one was chosen
};

/// The error for a CURLcode other than CURLE_OK. Pure; total over every code.
Error curl_error(int code, const CurlFailure& failure);

}  // namespace attache
