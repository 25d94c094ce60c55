#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials_access.hpp>
#include <attache/aws/environment.hpp>
#include <attache/http/transport.hpp>

#include "bounded_call.hpp"

namespace attache {

/// What all sources of credentials of one chain share; outlives them.
struct SourceContext {
  const AwsSettings& settings;
  const AwsHost& host;
  HttpTransport& transport;        ///< to AWS's services
  HttpTransport& local_transport;  ///< to the endpoints of containers and instances
  ProcessRunner process_runner;
  WallClock clock;
  CallLimits service_limits;  ///< of a call to STS or IAM Identity Center

  std::chrono::sys_seconds now() const { return std::chrono::floor<std::chrono::seconds>(clock()); }
};

}  // namespace attache
