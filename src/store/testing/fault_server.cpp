#include "fault_server.hpp"

#include <algorithm>
#include <ctime>

namespace attache::testing {

namespace {

/// One byte per second in short: a test is over sooner, and a limit on time without progress sees no difference.
constexpr std::chrono::milliseconds kDripInterval{150};

HttpMethod method_of(std::string_view name) {
  for (const HttpMethod method : {HttpMethod::kHead, HttpMethod::kPut, HttpMethod::kPost, HttpMethod::kDelete}) {
    if (to_string(method) == name) return method;
  }
  return HttpMethod::kGet;
}

SeenRequest seen(const ServerRequest& request) {
  return {method_of(request.method), "http://127.0.0.1" + request.target, request.headers, request.body};
}

ServerResponse to_server(const HttpResponse& response) {
  ServerResponse result;
  result.status = response.status;
  result.headers = response.headers.fields();
  result.body = response.body;
  return result;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

void flip(std::string& bytes, std::size_t at) {
  if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
}

/// The head of the answer, cut in the middle: where there is no body to be cut.
void cut_head(ServerResponse& response) {
  response.raw_head = "HTTP/1.1 " + std::to_string(response.status) + " Cut\r\nServer: fa";
  response.body.clear();
}

/// The body's bytes of the answer that go out.
void break_off(ServerResponse& response, bool has_body, Fault fault) {
  if (!has_body || response.body.empty()) cut_head(response);
  response.fault = fault;
  response.fault_after = response.body.size() / 2;
}

std::uint64_t length_of(const ServerResponse& response, bool has_body) {
  if (has_body) return response.body.size();
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Length") return std::stoull(value);
  }
  return 0;
}

void set_length(ServerResponse& response, std::uint64_t length) {
  std::erase_if(response.headers, [](const auto& field) { return field.first == "Content-Length"; });
  response.content_length = length;
}

}  // namespace

std::string_view to_string(S3Fault fault) {
  switch (fault) {
    case S3Fault::kNone:
      return "none";
    case S3Fault::k500:
      return "500";
    case S3Fault::k502:
      return "502";
    case S3Fault::k503:
      return "503 SlowDown";
    case S3Fault::k429:
      return "429";
    case S3Fault::k400Timeout:
      return "400 RequestTimeout";
    case S3Fault::kResetBefore:
      return "reset before the answer";
    case S3Fault::kResetInRequest:
      return "reset in the request";
    case S3Fault::kResetInAnswer:
      return "reset in the answer";
    case S3Fault::kResetAfterAnswer:
      return "reset after the answer";
    case S3Fault::kLostAnswer:
      return "lost answer";
    case S3Fault::kStall:
      return "stall";
    case S3Fault::kDrip:
      return "byte by byte";
    case S3Fault::kTruncated:
      return "truncated";
    case S3Fault::kExtraBytes:
      return "extra bytes";
    case S3Fault::kFlippedByte:
      return "flipped byte";
    case S3Fault::kShortLength:
      return "short Content-Length";
    case S3Fault::kLongLength:
      return "long Content-Length";
    case S3Fault::k200Error:
      return "200 with an error";
    case S3Fault::k200InsteadOf206:
      return "200 instead of 206";
    case S3Fault::k416:
      return "416";
    case S3Fault::k301:
      return "301";
    case S3Fault::k307:
      return "307";
    case S3Fault::kExpiredToken:
      return "ExpiredToken";
    case S3Fault::kTimeTooSkewed:
      return "RequestTimeTooSkewed";
    case S3Fault::k403:
      return "403";
    case S3Fault::k403Kms:
      return "403 kms";
  }
  return "?";
}

FaultServer::FaultServer(FaultRule rule)
    : rule_(std::move(rule)),
      trap_([](const ServerRequest&) { return ServerResponse{}; }),
      server_([this](const ServerRequest& request) { return answer(request); }, nullptr,
              [this](const ServerRequest& request) -> std::optional<std::size_t> {
                if (take(seen(request), true) != S3Fault::kResetInRequest) return std::nullopt;
                std::size_t length = 0;
                if (const auto field = request.headers.find("content-length"))
                  length = std::stoull(std::string(*field));
                return length / 2;
              }) {}

void FaultServer::set(FaultRule rule) {
  const std::lock_guard lock(mutex_);
  rule_ = std::move(rule);
  faults_ = 0;
}

int FaultServer::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

AwsSettings FaultServer::settings() const {
  AwsSettings settings;
  settings.endpoint_url = server_.url();
  return settings;
}

S3Fault FaultServer::take(const SeenRequest& request, bool before_body) {
  const std::lock_guard lock(mutex_);
  if (faults_ >= rule_.times || (rule_.fault == S3Fault::kResetInRequest) != before_body) return S3Fault::kNone;
  if (rule_.fault == S3Fault::kNone || !rule_.applies(request)) return S3Fault::kNone;
  ++faults_;
  return rule_.fault;
}

ServerResponse FaultServer::answer(const ServerRequest& raw) {
  SeenRequest request = seen(raw);
  const auto perform = [&] {
    const Result<HttpResponse> response = s3_.handle(request, {});
    return response ? to_server(*response) : ServerResponse{.status = 500};
  };
  const auto redirect = [&](int status, std::string_view code) {
    ServerResponse response = to_server(FakeS3::error(status, code));
    response.headers.emplace_back("Location", trap_.url() + raw.target);
    response.headers.emplace_back("x-amz-bucket-region", "eu-west-1");
    return response;
  };
  const bool is_head = request.method == HttpMethod::kHead;
  switch (take(request, false)) {
    case S3Fault::kNone:
    case S3Fault::kResetInRequest:
      return perform();
    case S3Fault::k500:
      return to_server(FakeS3::error(500, "InternalError"));
    case S3Fault::k502:
      return ServerResponse{.status = 502, .body = "<html>Bad Gateway</html>"};
    case S3Fault::k503:
      return to_server(FakeS3::error(503, "SlowDown"));
    case S3Fault::k429:
      return to_server(FakeS3::error(429, "TooManyRequests"));
    case S3Fault::k400Timeout:
      return to_server(FakeS3::error(400, "RequestTimeout"));
    case S3Fault::kResetBefore:
      return ServerResponse{.fault = Fault::kReset};
    case S3Fault::kResetInAnswer: {
      ServerResponse response = perform();
      break_off(response, !is_head, Fault::kReset);
      return response;
    }
    case S3Fault::kResetAfterAnswer: {
      ServerResponse response = perform();
      if (is_head) response.body.clear();
      response.fault = Fault::kReset;
      response.fault_after = response.body.size();
      return response;
    }
    case S3Fault::kLostAnswer: {
      static_cast<void>(perform());
      return ServerResponse{.fault = Fault::kReset};
    }
    case S3Fault::kStall:
      return ServerResponse{.fault = Fault::kStall};
    case S3Fault::kDrip: {
      ServerResponse response = perform();
      response.byte_interval = kDripInterval;
      return response;
    }
    case S3Fault::kTruncated: {
      ServerResponse response = perform();
      break_off(response, !is_head, Fault::kClose);
      return response;
    }
    case S3Fault::kExtraBytes: {
      ServerResponse response = perform();
      set_length(response, length_of(response, !is_head));
      response.body += "extra bytes";
      return response;
    }
    case S3Fault::kFlippedByte: {
      const bool sends_content = request.method == HttpMethod::kPut || request.method == HttpMethod::kPost;
      if (sends_content) flip(request.body, request.body.size() / 2);
      ServerResponse response = perform();
      // Content in the middle; of a document the last tag, as other bytes may be text that nobody can check.
      const bool is_document = response.body.starts_with("<?xml");
      const std::size_t at = is_document ? response.body.rfind('<') : response.body.size() / 2;
      if (!sends_content || request.body.empty()) flip(response.body, at);
      return response;
    }
    case S3Fault::kShortLength: {
      ServerResponse response = perform();
      const std::uint64_t length = length_of(response, !is_head);
      set_length(response, length == 0 ? 0 : length - 1);
      return response;
    }
    case S3Fault::kLongLength: {
      ServerResponse response = perform();
      set_length(response, length_of(response, !is_head) + 1);
      return response;
    }
    case S3Fault::k200Error:
      return to_server(FakeS3::error(200, "InternalError"));
    case S3Fault::k200InsteadOf206:
      request.headers.remove("range");
      return perform();
    case S3Fault::k416:
      return to_server(FakeS3::error(416, "InvalidRange"));
    case S3Fault::k301:
      return redirect(301, "PermanentRedirect");
    case S3Fault::k307:
      return redirect(307, "TemporaryRedirect");
    case S3Fault::kExpiredToken:
      return to_server(FakeS3::error(400, "ExpiredToken"));
    case S3Fault::kTimeTooSkewed: {
      ServerResponse response = to_server(FakeS3::error(403, "RequestTimeTooSkewed"));
      response.headers.emplace_back("Date", http_date(std::chrono::system_clock::now() + std::chrono::hours(1)));
      return response;
    }
    case S3Fault::k403:
      return to_server(FakeS3::error(403, "AccessDenied"));
    case S3Fault::k403Kms: {
      const bool writes = request.method == HttpMethod::kPut || request.method == HttpMethod::kPost;
      return to_server(FakeS3::error(
          403, "AccessDenied",
          "User is not authorized to perform: " + std::string(writes ? "kms:GenerateDataKey" : "kms:Decrypt")));
    }
  }
  return perform();
}

}  // namespace attache::testing
