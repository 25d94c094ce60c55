#include "curl_loop.hpp"

#include <attache/http/url.hpp>

#include "curl_error.hpp"
#include "curl_sockets.hpp"
#include "event_thread.hpp"
#include "response_collector.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace attache {
namespace {

/// 256 KiB instead of libcurl's 16 KiB: plain HTTP downloads cost 0.68 instead of 1.09 CPU s per GB.
constexpr long kBufferBytes = 256L * 1024;

/// Smaller bodies are many at a time, and have buffers that 384 of take 24 MiB together, not 96.
constexpr std::uint64_t kLargeBody = std::uint64_t{1024} * 1024;
constexpr long kSmallBufferBytes = 64L * 1024;

long buffer_bytes(std::uint64_t body) {
  return body < kLargeBody ? kSmallBufferBytes : kBufferBytes;
}

/// Slower than this is stalled. A server that sends a byte per second would be waited for, for days. A line so slow
/// that 64 requests share 1 KiB/s is none.
constexpr long kStalledBytesPerSecond = 16;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;

void initialise_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(code);  // without it, handles cannot be made, and that is reported
}

/// A list of header lines in one piece of memory: curl_slist_append() would copy each line into one of its own.
class HeaderLines {
 public:
  explicit HeaderLines(std::size_t most) { nodes_.reserve(most); }

  void add(std::string_view name, std::string_view separator, std::string_view value) {
    nodes_.push_back({nullptr, nullptr});
    offsets_.push_back(text_.size());
    text_ += name;
    text_ += separator;
    text_ += value;
    text_ += '\0';
  }
  /// Valid as long as this object, which must not be added to any more.
  curl_slist* list() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i] = {text_.data() + offsets_[i], i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr};
    }
    return nodes_.data();
  }

 private:
  std::string text_;
  std::vector<std::size_t> offsets_;
  std::vector<curl_slist> nodes_;
};

}  // namespace

class CurlLoop::Impl {
 public:
  explicit Impl(HttpTransportOptions options) : options_(std::move(options)) {
    initialise_libcurl();
    multi_.reset(curl_multi_init());
    if (multi_ && !sockets_.attach_multi(multi_.get())) multi_.reset();
    if (multi_) curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_connections));
    thread_ = std::jthread([this] { run(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
  }

  void join() { thread_.join(); }

  std::size_t load() const { return load_.load(std::memory_order_relaxed); }

  void start(const HttpRequest& request, std::stop_token stop, HttpTransport::Completion done) {
    auto transfer = std::make_unique<Transfer>(request, std::move(stop), std::move(done));
    // The callback only marks and wakes: the event thread finds out whose token fired. It may run here and now; then
    // the event thread sees the token when it takes the transfer in.
    transfer->on_stop.emplace(transfer->stop, Cancel{this});
    bool first = false;
    bool is_taken = false;
    {
      const std::lock_guard lock(mutex_);
      if (!ended_) {
        is_taken = true;
        load_.fetch_add(1, std::memory_order_relaxed);
        // A wake-up is a system call, on both sides; who is awake looks again before it sleeps, and one wakes for all.
        first = is_asleep_ && inbox_.empty();
        inbox_.push_back(std::move(transfer));
      }
    }
    if (first) wake();
    // Else a completion of another loop started it, while all of them are being destroyed.
    if (!is_taken) cancel_late(std::move(transfer));
  }

 private:
  struct Cancel {
    Impl* loop;
    void operator()() const {
      loop->any_cancelled_.store(true);
      loop->wake();
    }
  };

  struct Transfer {
    Transfer(const HttpRequest& http_request, std::stop_token token, HttpTransport::Completion completion)
        : request(http_request), stop(std::move(token)), done(std::move(completion)) {}

    const HttpRequest& request;
    std::stop_token stop;
    HttpTransport::Completion done;
    std::optional<std::stop_callback<Cancel>> on_stop;
    std::optional<ResponseCollector> collector;  ///< from begin()
    std::string peer;
    Easy easy;
    std::optional<HeaderLines> headers;
    std::uint64_t body_offset = 0;  ///< of the body source
    std::optional<Error> error;  ///< of the body source, the sink or the collector; wins over what libcurl makes of it
    std::string detail = std::string(CURL_ERROR_SIZE, '\0');
    std::list<std::unique_ptr<Transfer>>::iterator position;
  };

  static void cancel_late(std::unique_ptr<Transfer> transfer) {
    transfer->on_stop.reset();
    transfer->done(cancelled());
  }

  void wake() { sockets_.wake(); }

  // ---- event thread ------------------------------------------------------------------------------------------

  void run() {
    block_signals_in_this_thread();
    while (take_in()) {
      if (any_cancelled_.exchange(false)) finish_cancelled();
      sockets_.turn(
          [this] {
            finish_completed();
            return may_sleep();
          },
          [this] {
            const std::lock_guard lock(mutex_);
            is_asleep_ = false;
          });
      finish_completed();
    }
    while (!active_.empty()) finish(active_.front().get(), cancelled());
  }

  /// False if there is something new. Else whoever has something new has to wake this thread.
  bool may_sleep() {
    const std::lock_guard lock(mutex_);
    is_asleep_ = inbox_.empty() && !stopping_;
    return is_asleep_;
  }

  /// Starts what start() left; false once the transport is being destroyed and nothing is left.
  bool take_in() {
    std::list<std::unique_ptr<Transfer>> arrived;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(inbox_);
      stopping = stopping_;
    }
    while (!arrived.empty()) {
      active_.splice(active_.end(), arrived, arrived.begin());
      Transfer* transfer = active_.back().get();
      transfer->position = std::prev(active_.end());
      if (stopping || transfer->stop.stop_requested()) {
        finish(transfer, cancelled());
      } else if (auto status = begin(*transfer); !status) {
        finish(transfer, fail(std::move(status).error()));
      }
    }
    if (!stopping) return true;
    // Completions may still start requests; those are cancelled in the next round.
    while (!active_.empty()) finish(active_.front().get(), cancelled());
    const std::lock_guard lock(mutex_);
    ended_ = inbox_.empty();
    return !ended_;
  }

  void finish_cancelled() {
    for (auto it = active_.begin(); it != active_.end();) {
      Transfer* transfer = (it++)->get();
      if (transfer->stop.stop_requested()) finish(transfer, cancelled());
    }
  }

  void finish_completed() {
    int left = 0;
    while (const CURLMsg* message = multi_ ? curl_multi_info_read(multi_.get(), &left) : nullptr) {
      if (message->msg != CURLMSG_DONE) continue;
      // Read before finish(): removing the handle invalidates the message.
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      finish(transfer, result_of(*transfer, code));
    }
  }

  Result<HttpResponse> result_of(Transfer& transfer, CURLcode code) const {
    if (transfer.error) return fail(*std::move(transfer.error));
    if (code == CURLE_OK) return transfer.collector->finish();
    CURL* easy = transfer.easy.get();
    curl_off_t pretransfer = 0;
    long system_error = 0;
    long connects = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    const std::string_view detail = transfer.detail.c_str();
    CurlFailure failure;
    failure.peer = transfer.peer;
    failure.detail = detail;
    failure.connected = pretransfer > 0;
    failure.reused = connects == 0;
    failure.refused = system_error == ECONNREFUSED;
    // libcurl does not set OS_ERRNO for a failing recv or send, but names the reason in its text.
    failure.reset = detail.find("reset") != std::string_view::npos || detail.find("pipe") != std::string_view::npos;
    failure.expected = transfer.collector->expected_bytes();
    failure.received = transfer.collector->received_bytes();
    failure.connect_timeout = options_.connect_timeout;
    failure.stall_timeout = transfer.request.stall_timeout.value_or(options_.stall_timeout);
    failure.ca_bundle = options_.ca_bundle;
    return fail(curl_error(code, failure));
  }

  /// Ends a transfer: nothing of it is left when its completion runs.
  void finish(Transfer* transfer, Result<HttpResponse> result) {
    const std::unique_ptr<Transfer> owned = std::move(*transfer->position);
    active_.erase(transfer->position);
    owned->on_stop.reset();
    if (owned->easy) {
      curl_multi_remove_handle(multi_.get(), owned->easy.get());
      // Whatever state a failure has left behind goes with its handle.
      if (result) idle_.push_back(std::move(owned->easy));
    }
    load_.fetch_sub(1, std::memory_order_relaxed);
    owned->done(std::move(result));
  }

  Status begin(Transfer& transfer) {
    const HttpRequest& request = transfer.request;
    ATTACHE_ASSIGN(const Url url, parse_url(request.url));
    ATTACHE_TRY(check_sendable(request.headers));
    transfer.peer = url.host_and_port();
    transfer.collector.emplace(request, transfer.peer);
    const bool bodyless = request.method == HttpMethod::kGet || request.method == HttpMethod::kHead;
    if (bodyless && body_bytes(request) > 0) {
      return fail(ErrorCode::kInvalidArgument, "a GET or HEAD request to " + transfer.peer + " has a body",
                  "send it with PUT or POST");
    }
    Easy easy;
    if (!idle_.empty()) {
      easy = std::move(idle_.back());
      idle_.pop_back();
    } else {
      easy = make_handle();
    }
    if (!multi_ || !easy || !set_options(easy.get(), transfer, make_header_list(transfer)) ||
        curl_multi_add_handle(multi_.get(), easy.get()) != CURLM_OK) {
      return fail(curl_error(CURLE_OUT_OF_MEMORY, CurlFailure{.peer = transfer.peer}));
    }
    transfer.easy = std::move(easy);
    return {};
  }

  static curl_slist* make_header_list(Transfer& transfer) {
    const HttpHeaders& given = transfer.request.headers;
    HeaderLines& lines = transfer.headers.emplace(given.fields().size() + 2);
    for (const auto& [name, value] : given.fields()) {
      // libcurl's syntax for a field without a value is a semicolon; `Name:` would remove it.
      lines.add(name, value.empty() ? ";" : ": ", value);
    }
    // Not asked for and not signed: libcurl would wait a second for 100 Continue before larger bodies, and call a
    // body in POSTFIELDS a form.
    if (!given.find("expect")) lines.add("Expect", ":", "");
    if (!given.find("content-type")) lines.add("Content-Type", ":", "");
    return lines.list();
  }

  /// What is the same for every request. A handle that ended well is used again with all of it: setting it anew would
  /// cost 3 us a request.
  Easy make_handle() {
    Easy handle(curl_easy_init());
    CURL* const easy = handle.get();
    if (easy == nullptr) return nullptr;
    bool ok = true;
    const auto set = [&](CURLoption option, auto value) {
      ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK;
    };
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    // A name look-up runs in a thread of libcurl's; without this, cancelling would wait for it.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_bundle.empty()) set(CURLOPT_CAINFO, options_.ca_bundle.c_str());
    if (options_.proxy) set(CURLOPT_PROXY, options_.proxy->c_str());
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, kStalledBytesPerSecond);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    set(CURLOPT_HEADERFUNCTION, &Impl::on_header);
    set(CURLOPT_WRITEFUNCTION, &Impl::on_body);
    set(CURLOPT_READFUNCTION, &Impl::on_read);
    set(CURLOPT_SEEKFUNCTION, &Impl::on_seek);
    // Without OpenSSL below libcurl there is no such option, and nothing is read ahead.
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &read_ahead);
    return ok && sockets_.attach_easy(easy) ? std::move(handle) : nullptr;
  }

  /// What is a request's own: every option that another request may have set.
  bool set_options(CURL* easy, Transfer& transfer, curl_slist* headers) const {
    const HttpRequest& request = transfer.request;
    bool ok = true;
    const auto set = [&](CURLoption option, auto value) {
      ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK;
    };
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_BUFFERSIZE, buffer_bytes(request.expected_bytes.value_or(kLargeBody)));
    set(CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes(body_bytes(request)));
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.value_or(options_.stall_timeout).count()));
    // libcurl sends again only what a kept connection lost.
    set(CURLOPT_FRESH_CONNECT, request.never_resend ? 1L : 0L);
    set(CURLOPT_ERRORBUFFER, transfer.detail.data());
    set(CURLOPT_PRIVATE, &transfer);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
    set(CURLOPT_HTTPGET, 1L);
    switch (request.method) {
      case HttpMethod::kGet:
        break;
      case HttpMethod::kHead:
        set(CURLOPT_NOBODY, 1L);
        break;
      case HttpMethod::kPut:
      case HttpMethod::kPost:
      case HttpMethod::kDelete:
        if (request.body_source != nullptr) {
          set(CURLOPT_UPLOAD, 1L);
          set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body_source->size()));
          set(CURLOPT_READDATA, &transfer);
          set(CURLOPT_SEEKDATA, &transfer);
        } else if (request.method != HttpMethod::kDelete || !request.body.empty()) {
          // Not a read callback: 31 instead of 54 us for a small PUT. libcurl keeps the pointer and copies nothing;
          // a null one would make it call a read function.
          set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
          set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : reinterpret_cast<const char*>(request.body.data()));
        }
        set(CURLOPT_CUSTOMREQUEST, to_string(request.method).data());
        break;
    }
    return ok;
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    auto status = transfer.collector->header_line({data, size * count});
    if (status) return size * count;
    transfer.error = std::move(status).error();
    return 0;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    auto status = transfer.collector->body(std::as_bytes(std::span(data, size * count)));
    if (status) return size * count;
    transfer.error = std::move(status).error();
    return 0;
  }

  /// Of a body source only.
  static std::size_t on_read(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    HttpBodySource& source = *transfer.request.body_source;
    const std::uint64_t left = source.size() - transfer.body_offset;
    if (left == 0) return 0;
    const std::span buffer(data, static_cast<std::size_t>(std::min<std::uint64_t>(size * count, left)));
    auto read = source.read(transfer.body_offset, std::as_writable_bytes(buffer));
    if (read) {
      transfer.body_offset += *read;
      return *read;
    }
    transfer.error = std::move(read).error();
    return CURL_READFUNC_ABORT;
  }

  static int on_seek(void* user, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<Transfer*>(user)->body_offset = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }

  const HttpTransportOptions options_;
  std::atomic<bool> any_cancelled_ = false;
  std::atomic<std::size_t> load_ = 0;

  std::mutex mutex_;
  std::list<std::unique_ptr<Transfer>> inbox_;  // guarded by mutex_
  bool stopping_ = false;                       // guarded by mutex_
  bool is_asleep_ = false;                      // guarded by mutex_: or about to be
  bool ended_ = false;                          // guarded by mutex_: nothing is taken in any more

  // Of the event thread, but for wake(). The easy handles go before the multi handle, and that before its sockets.
  CurlSockets sockets_;
  Multi multi_;
  std::list<std::unique_ptr<Transfer>> active_;
  std::vector<Easy> idle_;

  std::jthread thread_;  // last: it must see all of the above
};

CurlLoop::CurlLoop(const HttpTransportOptions& options) : impl_(std::make_unique<Impl>(options)) {}
CurlLoop::~CurlLoop() = default;

void CurlLoop::start(const HttpRequest& request, std::stop_token stop, HttpTransport::Completion done) {
  impl_->start(request, std::move(stop), std::move(done));
}

void CurlLoop::stop() {
  impl_->stop();
}

void CurlLoop::join() {
  impl_->join();
}

std::size_t CurlLoop::load() const {
  return impl_->load();
}

}  // namespace attache
