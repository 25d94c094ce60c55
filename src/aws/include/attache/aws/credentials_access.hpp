#pragma once

#include <attache/aws/run_process.hpp>
#include <attache/aws/wall_clock.hpp>
#include <attache/http/transport.hpp>

#include <functional>
#include <memory>
#include <string>

namespace attache {

using HttpTransportFactory = std::function<std::unique_ptr<HttpTransport>(const HttpTransportOptions&)>;

/// What the sources of credentials reach the world with.
struct CredentialsAccess {
  /// Makes their transports, when they are first needed: one for AWS's services, which follows the proxy settings of
  /// the environment, and one for the endpoints of containers and instances, which uses no proxy: they give out
  /// credentials over plain HTTP to whoever is close. Never the transport of the requests to be signed: waiting for
  /// credentials on the thread that would have to bring them would never end.
  HttpTransportFactory make_transport = make_curl_transport;
  std::string user_agent = "attache";
  ProcessRunner process_runner = run_process;
  WallClock clock = std::chrono::system_clock::now;
};

}  // namespace attache
