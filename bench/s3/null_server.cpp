// An S3 server that stores nothing, for benchmarks: objects have a size and a pattern, uploads are read and forgotten.
// One thread, epoll, HTTP/1.1 with keep-alive, TLS on request, a delay before every answer on request. It refuses
// nothing and checks no signature: what it costs is the least that a server can cost.
//
//   attache_bench_null_server [--tls CERTIFICATE.pem KEY.pem] [--latency MILLISECONDS] --data NAME:COUNT:BYTES ...
//
// Prints its port, then serves until it is killed. The objects `<anything>/NAME/000000` up to COUNT can be got; byte i
// of each is pattern.hpp's.

#include <attache/hash/crc.hpp>

#include "pattern.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

using attache::bench::kPattern;
constexpr std::size_t kBlock = 16 * kPattern;  // what one write takes
constexpr std::size_t kReadBuffer = std::size_t{256} * 1024;

struct DataSet {
  std::string name;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::string checksum;  ///< CRC-64/NVME of an object, base64
};

struct Options {
  std::string certificate;
  std::string key;
  std::chrono::milliseconds latency{0};
  std::vector<DataSet> data;
};

[[noreturn]] void die(const std::string& message) {
  std::fprintf(stderr, "null server: %s\n", message.c_str());
  std::exit(1);
}

const std::string& block() {
  static const std::string text = [] {
    std::string result;
    const std::string one = attache::bench::pattern();
    while (result.size() < kBlock) result += one;
    return result;
  }();
  return text;
}

std::string base64(std::uint64_t value) {
  unsigned char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<unsigned char>(value >> (56 - 8 * i));
  unsigned char text[16];
  EVP_EncodeBlock(text, bytes, 8);
  return reinterpret_cast<const char*>(text);
}

std::string checksum_of(std::uint64_t bytes) {
  std::uint64_t crc = 0;
  for (std::uint64_t at = 0; at < bytes; at += kBlock) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, bytes - at));
    crc = attache::crc64nvme(std::as_bytes(std::span(block()).first(size)), crc);
  }
  return base64(crc);
}

// --- requests and answers --------------------------------------------------------------------------------------------

struct Request {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::uint64_t content_length = 0;
  std::string_view range;
  bool expects_continue = false;
};

struct Answer {
  std::string head;               ///< and short bodies
  std::uint64_t body_offset = 0;  ///< of the pattern
  std::uint64_t body_bytes = 0;
};

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

Request parse(std::string_view head) {
  Request request;
  std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  std::string_view target = line.substr(space + 1, line.rfind(' ') - space - 1);
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  while (line_end + 2 < head.size()) {
    const std::size_t begin = line_end + 2;
    line_end = head.find("\r\n", begin);
    const std::string_view field = head.substr(begin, line_end - begin);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) break;
    std::string_view value = field.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    const std::string_view name = field.substr(0, colon);
    if (same_name(name, "content-length")) request.content_length = number(value).value_or(0);
    if (same_name(name, "range")) request.range = value;
    if (same_name(name, "expect")) request.expects_continue = true;
  }
  return request;
}

std::string parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    if (one.substr(0, one.find('=')) == name) {
      std::string value;
      const std::string_view raw = one.find('=') == std::string_view::npos ? "" : one.substr(one.find('=') + 1);
      for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '%' && i + 2 < raw.size()) {
          value += static_cast<char>(std::stoi(std::string(raw.substr(i + 1, 2)), nullptr, 16));
          i += 2;
        } else {
          value += raw[i];
        }
      }
      return value;
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return {};
}

bool has_parameter(std::string_view query, std::string_view name) {
  for (;;) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    if (one.substr(0, one.find('=')) == name) return true;
    if (end == std::string_view::npos) return false;
    query.remove_prefix(end + 1);
  }
}

class Service {
 public:
  explicit Service(const Options& options) : options_(options) {}

  Answer answer(const Request& request) {
    const std::size_t slash = request.path.find('/', 1);
    const bool is_bucket = slash == std::string_view::npos || slash + 1 == request.path.size();
    if (request.method == "PUT") {
      if (!is_bucket && !has_parameter(request.query, "partNumber")) {
        sizes_[std::string(request.path)] = request.content_length;
      }
      return plain(200, "", "ETag: \"0123456789abcdef0123456789abcdef\"\r\n");
    }
    if (request.method == "POST") return post(request);
    if (request.method == "DELETE") return plain(204, "", "");
    if (is_bucket && request.method == "HEAD") return plain(200, "", "");
    if (is_bucket) return list(request);
    return object(request);
  }

 private:
  static Answer plain(int status, const std::string& body, const std::string& headers) {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
                (status == 204 ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body,
            0, 0};
  }

  static Answer post(const Request& request) {
    if (has_parameter(request.query, "uploads")) {
      return plain(200, "<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>",
                   "");
    }
    if (has_parameter(request.query, "delete")) return plain(200, "<DeleteResult/>", "");
    return plain(200,
                 "<CompleteMultipartUploadResult><ETag>\"0123456789abcdef0123456789abcdef-1\"</ETag>"
                 "</CompleteMultipartUploadResult>",
                 "");
  }

  /// By the last directory of the path.
  const DataSet* data_of(std::string_view path) const {
    const std::size_t end = path.rfind('/');
    const std::size_t begin = end == 0 || end == std::string_view::npos ? 0 : path.rfind('/', end - 1) + 1;
    const std::string_view name = path.substr(begin, end - begin);
    for (const DataSet& data : options_.data) {
      if (data.name == name) return &data;
    }
    return nullptr;
  }

  Answer object(const Request& request) const {
    const DataSet* const data = data_of(request.path);
    std::uint64_t bytes = 0;
    if (data != nullptr) {
      bytes = data->bytes;
    } else if (const auto known = sizes_.find(std::string(request.path)); known != sizes_.end()) {
      bytes = known->second;
    } else {
      return plain(404, request.method == "HEAD" ? "" : "<Error><Code>NoSuchKey</Code></Error>", "");
    }
    std::uint64_t first = 0;
    std::uint64_t last = bytes - 1;
    bool is_part = false;
    if (request.range.starts_with("bytes=") && bytes > 0) {
      const std::string_view range = request.range.substr(6);
      first = number(range).value_or(0);
      const std::string_view rest = range.substr(range.find('-') + 1);
      last = std::min(last, number(rest).value_or(last));
      is_part = true;
      if (first > last) return plain(416, "", "");
    }
    const std::uint64_t size = bytes == 0 ? 0 : last - first + 1;
    Answer answer;
    answer.head = is_part ? "HTTP/1.1 206 X\r\n" : "HTTP/1.1 200 X\r\n";
    answer.head +=
        "ETag: \"0123456789abcdef0123456789abcdef\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
        "Accept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
        std::to_string(size) + "\r\n";
    if (is_part) {
      answer.head += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                     std::to_string(bytes) + "\r\n";
    }
    if (data != nullptr && size == bytes) answer.head += "x-amz-checksum-crc64nvme: " + data->checksum + "\r\n";
    answer.head += "\r\n";
    if (request.method != "HEAD") {
      answer.body_offset = first;
      answer.body_bytes = size;
    }
    return answer;
  }

  Answer list(const Request& request) const {
    if (has_parameter(request.query, "location")) return plain(200, "<LocationConstraint/>", "");
    std::string prefix = parameter(request.query, "prefix");
    if (!prefix.empty() && prefix.back() != '/') prefix += '/';
    std::string after = parameter(request.query, "continuation-token");
    if (after.empty()) after = parameter(request.query, "start-after");
    if (after.empty()) after = parameter(request.query, "marker");
    const DataSet* const data = data_of(prefix);
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult><Name>b</Name><Prefix>" + prefix + "</Prefix>";
    std::size_t at = after.empty() ? 0 : number(std::string_view(after).substr(after.rfind('/') + 1)).value_or(0) + 1;
    const std::size_t count = data == nullptr ? 0 : data->count;
    const std::size_t end = std::min(count, at + 1000);
    std::string key;
    for (; at < end; ++at) {
      char digits[24];
      std::snprintf(digits, sizeof digits, "%06zu", at);
      key = prefix + digits;
      body += "<Contents><Key>" + key +
              "</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
              "<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>" +
              std::to_string(data->bytes) + "</Size><StorageClass>STANDARD</StorageClass></Contents>";
    }
    const bool more = end < count;
    body += "<KeyCount>1000</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>" + std::string(more ? "true" : "false") +
            "</IsTruncated>";
    if (more) body += "<NextContinuationToken>" + key + "</NextContinuationToken><NextMarker>" + key + "</NextMarker>";
    return plain(200, body + "</ListBucketResult>", "Content-Type: application/xml\r\n");
  }

  const Options& options_;
  std::unordered_map<std::string, std::uint64_t> sizes_;
};

// --- connections -----------------------------------------------------------------------------------------------------

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct Connection {
  int descriptor = -1;
  std::uint64_t number = 0;
  std::unique_ptr<SSL, SslDeleter> ssl;
  std::string input;               ///< not taken apart yet
  std::uint64_t body_to_come = 0;  ///< of the request that is being answered
  std::optional<Answer> answer;    ///< waits for the body of its request, or for its time
  std::optional<Clock::time_point> due;
  Answer output;  ///< what is being sent
  std::size_t head_sent = 0;
  bool wants_write = false;

  ~Connection() {
    if (descriptor >= 0) close(descriptor);
  }
  bool is_sending() const { return head_sent < output.head.size() || output.body_bytes > 0; }
};

enum class Io { kSome, kBlocked, kClosed };

class Server {
 public:
  explicit Server(const Options& options) : options_(options), service_(options) {
    if (!options.certificate.empty()) {
      context_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      if (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1 ||
          SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        die("cannot load certificate and key");
      }
    }
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 4096) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      die("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{EPOLLIN, {.u64 = 0}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }

  int port() const { return port_; }

  [[noreturn]] void run() {
    std::vector<epoll_event> events(512);
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout());
      for (int i = 0; i < count; ++i) {
        const std::uint64_t number = events[static_cast<std::size_t>(i)].data.u64;
        if (number == 0) {
          accept_all();
          continue;
        }
        const auto found = connections_.find(number);
        if (found != connections_.end() && !work(*found->second)) connections_.erase(found);
      }
      send_what_is_due();
    }
  }

 private:
  struct Due {
    Clock::time_point at;
    std::uint64_t number;
    bool operator>(const Due& other) const { return at > other.at; }
  };

  int timeout() const {
    if (due_.empty()) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due_.top().at - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, wait.count()));
  }

  void accept_all() {
    for (;;) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      connection->descriptor = descriptor;
      connection->number = ++last_number_;
      if (context_ != nullptr) {
        connection->ssl.reset(SSL_new(context_));
        SSL_set_fd(connection->ssl.get(), descriptor);
        SSL_set_accept_state(connection->ssl.get());
      }
      epoll_event event{EPOLLIN, {.u64 = connection->number}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
      connections_.emplace(connection->number, std::move(connection));
    }
  }

  void send_what_is_due() {
    const auto now = Clock::now();
    while (!due_.empty() && due_.top().at <= now) {
      const std::uint64_t number = due_.top().number;
      due_.pop();
      const auto found = connections_.find(number);
      if (found == connections_.end()) continue;
      found->second->due.reset();
      if (!work(*found->second)) connections_.erase(found);
    }
  }

  /// Reads, answers and sends as far as that goes; false: the connection has ended.
  bool work(Connection& connection) {
    for (;;) {
      if (connection.is_sending()) {
        const Io sent = send(connection);
        if (sent == Io::kClosed) return false;
        if (sent == Io::kBlocked) return watch(connection, true);
        continue;
      }
      if (take_request(connection)) continue;
      if (connection.due) return watch(connection, false);
      const Io got = receive(connection);
      if (got == Io::kClosed) return false;
      if (got == Io::kBlocked) return watch(connection, false);
    }
  }

  /// True if there is something new to send.
  bool take_request(Connection& connection) {
    const std::size_t body =
        static_cast<std::size_t>(std::min<std::uint64_t>(connection.body_to_come, connection.input.size()));
    connection.input.erase(0, body);
    connection.body_to_come -= body;
    if (connection.body_to_come > 0) return false;
    if (!connection.answer) {
      const std::size_t end = connection.input.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      const Request request = parse(std::string_view(connection.input).substr(0, end + 2));
      connection.answer = service_.answer(request);
      connection.body_to_come = request.content_length;
      if (options_.latency.count() > 0) {
        connection.due = Clock::now() + options_.latency;
        due_.push({*connection.due, connection.number});
      }
      const bool go_on = request.expects_continue;
      connection.input.erase(0, end + 4);
      if (go_on) {
        start(connection, {"HTTP/1.1 100 Continue\r\n\r\n", 0, 0});
        return true;
      }
      return take_request(connection);
    }
    if (connection.due) return false;
    start(connection, *std::move(connection.answer));
    connection.answer.reset();
    return true;
  }

  static void start(Connection& connection, Answer answer) {
    connection.output = std::move(answer);
    connection.head_sent = 0;
  }

  Io receive(Connection& connection) {
    ssize_t size = 0;
    if (connection.ssl) {
      size = SSL_read(connection.ssl.get(), buffer_.data(), static_cast<int>(buffer_.size()));
      if (size <= 0) return blocked(connection, static_cast<int>(size));
    } else {
      size = recv(connection.descriptor, buffer_.data(), buffer_.size(), 0);
      if (size < 0 && errno == EAGAIN) return Io::kBlocked;
      if (size <= 0) return Io::kClosed;
    }
    std::string_view data(buffer_.data(), static_cast<std::size_t>(size));
    // Bodies are not kept.
    if (connection.input.empty()) {
      const std::size_t body = static_cast<std::size_t>(std::min<std::uint64_t>(connection.body_to_come, data.size()));
      data.remove_prefix(body);
      connection.body_to_come -= body;
    }
    connection.input += data;
    return Io::kSome;
  }

  Io send(Connection& connection) {
    Answer& output = connection.output;
    const bool is_head = connection.head_sent < output.head.size();
    std::string_view data;
    if (is_head) {
      // A small body goes with its head, as it does from any server.
      if (output.body_bytes > 0 && output.body_bytes <= kPattern / 4) {
        output.head.append(block(), static_cast<std::size_t>(output.body_offset % kPattern),
                           static_cast<std::size_t>(output.body_bytes));
        output.body_bytes = 0;
      }
      data = std::string_view(output.head).substr(connection.head_sent);
    } else {
      const std::size_t offset = static_cast<std::size_t>(output.body_offset % kPattern);
      data = std::string_view(block()).substr(
          offset, static_cast<std::size_t>(std::min<std::uint64_t>(kBlock - offset, output.body_bytes)));
    }
    ssize_t size = 0;
    if (connection.ssl) {
      size = SSL_write(connection.ssl.get(), data.data(), static_cast<int>(data.size()));
      if (size <= 0) return blocked(connection, static_cast<int>(size));
    } else {
      size = ::send(connection.descriptor, data.data(), data.size(), MSG_NOSIGNAL);
      if (size < 0 && errno == EAGAIN) return Io::kBlocked;
      if (size <= 0) return Io::kClosed;
    }
    if (is_head) {
      connection.head_sent += static_cast<std::size_t>(size);
    } else {
      output.body_offset += static_cast<std::uint64_t>(size);
      output.body_bytes -= static_cast<std::uint64_t>(size);
    }
    return Io::kSome;
  }

  static Io blocked(Connection& connection, int result) {
    const int error = SSL_get_error(connection.ssl.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Io::kBlocked;
    ERR_clear_error();
    return Io::kClosed;
  }

  bool watch(Connection& connection, bool write) {
    if (connection.wants_write != write) {
      epoll_event event{EPOLLIN | (write ? EPOLLOUT : 0U), {.u64 = connection.number}};
      epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
      connection.wants_write = write;
    }
    return true;
  }

  const Options& options_;
  Service service_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  int epoll_ = -1;
  int port_ = 0;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<char> buffer_ = std::vector<char>(kReadBuffer);
};

DataSet parse_data(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) die("--data wants NAME:COUNT:BYTES");
  DataSet data;
  data.name = text.substr(0, first);
  data.count = static_cast<std::size_t>(number(text.substr(first + 1)).value_or(0));
  data.bytes = number(text.substr(second + 1)).value_or(0);
  data.checksum = checksum_of(data.bytes);
  return data;
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const auto value = [&]() -> std::string {
      return i + 1 < count ? arguments[++i] : (die("a value is missing"), "");
    };
    if (argument == "--tls") {
      options.certificate = value();
      options.key = value();
    } else if (argument == "--latency") {
      options.latency = std::chrono::milliseconds(number(value()).value_or(0));
    } else if (argument == "--data") {
      options.data.push_back(parse_data(value()));
    } else {
      die("unknown option " + std::string(argument));
    }
  }
  Server server(options);
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  server.run();
}
