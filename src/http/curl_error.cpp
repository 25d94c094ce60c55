#include "curl_error.hpp"

#include <attache/base/text.hpp>

#include <curl/curl.h>

namespace attache {
namespace {

constexpr auto kTryAgain = "check the network connection and try again";
constexpr auto kCheckEndpoint = "check the endpoint URL, the region and the network connection";

Error network(std::string message, std::string remedy) {
  return {ErrorCode::kNetwork, std::move(message), std::move(remedy)};
}

std::string with_detail(std::string message, const CurlFailure& failure) {
  if (!failure.detail.empty()) message += " (" + printable(failure.detail) + ")";
  return message;
}

std::string progress(const CurlFailure& failure) {
  if (failure.expected) {
    return std::to_string(failure.received) + " of " + std::to_string(*failure.expected) + " bytes received";
  }
  return std::to_string(failure.received) + " bytes received";
}

Error timed_out(const CurlFailure& failure) {
  if (!failure.connected) {
    return network(
        "no connection to " + failure.peer + " within " + std::to_string(failure.connect_timeout.count()) + " ms",
        "check the endpoint URL, firewalls and proxy settings");
  }
  return network("the transfer with " + failure.peer + " stalled: nothing moved for " +
                     std::to_string(failure.stall_timeout.count()) + " s, " + progress(failure),
                 kTryAgain);
}

Error broken(const CurlFailure& failure) {
  return network(
      "the connection to " + failure.peer + (failure.reset ? " was reset, " : " broke, ") + progress(failure),
      kTryAgain);
}

}  // namespace

Error curl_error(int code, const CurlFailure& failure) {
  const std::string& peer = failure.peer;
  // Whatever the code, libcurl's words quote the proxy's URL, which may hold a password.
  if (failure.detail.starts_with("Unsupported proxy")) {
    return {ErrorCode::kInvalidArgument, "the proxy for " + peer + " has a URL that cannot be used",
            "write it as http://host:port in HTTPS_PROXY or http_proxy"};
  }
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return network("cannot resolve the host name of " + peer, kCheckEndpoint);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return network("cannot resolve the host name of the proxy for " + peer,
                     "check HTTPS_PROXY, http_proxy and NO_PROXY");
    case CURLE_PROXY:
      return network(with_detail("the proxy refuses to connect to " + peer, failure),
                     "check HTTPS_PROXY, http_proxy and NO_PROXY");
    case CURLE_COULDNT_CONNECT:
      if (failure.refused) {
        return network(peer + " refused the connection",
                       "check that the service is running there, and the endpoint URL and proxy settings");
      }
      return network(with_detail("cannot connect to " + peer, failure), kCheckEndpoint);
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out(failure);
    case CURLE_GOT_NOTHING:
      return network(peer + " closed the connection without an answer", kTryAgain);
    case CURLE_PARTIAL_FILE:
      return network(peer + " closed the connection in the middle of its answer, " + progress(failure), kTryAgain);
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
      // A CONNECT that a proxy answers with an error status also ends as CURLE_RECV_ERROR in 7.88.
      if (!failure.connected && failure.detail.find("CONNECT") != std::string::npos) {
        return network(with_detail("the proxy refuses to connect to " + peer, failure),
                       "check HTTPS_PROXY, http_proxy and NO_PROXY");
      }
      return broken(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {ErrorCode::kService, with_detail("the TLS certificate of " + peer + " is not trusted", failure),
              "check the endpoint URL; if a proxy or a private service has its own certificate authority, name its PEM "
              "bundle in AWS_CA_BUNDLE"};
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
      return {ErrorCode::kInvalidArgument,
              failure.ca_bundle.empty()
                  ? "cannot read the system's certificate authorities"
                  : "cannot read the certificate authorities in '" + printable(failure.ca_bundle) + "'",
              "set AWS_CA_BUNDLE to a readable PEM file, or install the system's CA certificates"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_SHUTDOWN_FAILED:
      return network(with_detail("no TLS connection to " + peer, failure),
                     "check that the endpoint URL's scheme and port are those of the service");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP_RETURNED_ERROR:
      if (failure.reused) {
        // The last answer on this connection had more bytes than it said; they stand where the status line should.
        return network("the connection to " + peer + " held the rest of another answer", kTryAgain);
      }
      return {ErrorCode::kService, with_detail(peer + " gave an answer that is not HTTP", failure),
              "check that the endpoint is an S3 service, and its URL's scheme and port"};
    case CURLE_URL_MALFORMAT:
      return {ErrorCode::kInvalidArgument, "the URL for " + peer + " cannot be used", "check the endpoint URL"};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::kIo, "not enough memory for the transfer with " + peer, "close other programs and try again"};
    case CURLE_ABORTED_BY_CALLBACK:
      return {ErrorCode::kCancelled, "cancelled"};
    default:
      // The other codes belong to protocols and options that this transport does not use.
      return network(
          with_detail("the transfer with " + peer + " failed: " + curl_easy_strerror(static_cast<CURLcode>(code)),
                      failure),
          kTryAgain);
  }
}

}  // namespace attache
