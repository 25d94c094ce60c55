#include "fake_transport.hpp"

#include "../response_collector.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <span>

namespace attache::testing {
namespace {

struct Job {
  const HttpRequest* request;
  SeenRequest seen;
  std::stop_token stop;
  HttpTransport::Completion done;
};

Result<HttpResponse> deliver(const HttpRequest& request, const HttpResponse& answer, const std::stop_token& stop) {
  ResponseCollector collector(request, "fake server");
  ATTACHE_TRY(collector.header_line("HTTP/1.1 " + std::to_string(answer.status)));
  for (const auto& [name, value] : answer.headers.fields()) {
    ATTACHE_TRY(collector.header_line(std::string(name).append(": ").append(value)));
  }
  ATTACHE_TRY(collector.header_line(""));
  std::span<const std::byte> rest = std::as_bytes(std::span(answer.body));
  if (request.method == HttpMethod::kHead) rest = {};
  while (!rest.empty()) {
    if (stop.stop_requested()) return cancelled();
    const auto piece = rest.first(std::min(rest.size(), FakeTransport::kPieceBytes));
    ATTACHE_TRY(collector.body(piece));
    rest = rest.subspan(piece.size());
  }
  return collector.finish();
}

}  // namespace

struct FakeTransport::State {
  Answer answer;
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Job> jobs;               // guarded by mutex
  std::vector<SeenRequest> requests;  // guarded by mutex
  bool keeps_requests = true;         // guarded by mutex

  void run(const std::stop_token& shutdown) {
    while (true) {
      std::unique_lock lock(mutex);
      if (!changed.wait(lock, shutdown, [&] { return !jobs.empty(); })) return;
      Job job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job.done(answer_one(job, shutdown));
    }
  }

  Result<HttpResponse> answer_one(const Job& job, const std::stop_token& shutdown) const {
    std::stop_source either;
    const std::stop_callback on_stop(job.stop, [&] { either.request_stop(); });
    const std::stop_callback on_shutdown(shutdown, [&] { either.request_stop(); });
    if (either.stop_requested()) return cancelled();
    ATTACHE_TRY(check_sendable(job.request->headers));
    ATTACHE_ASSIGN(const HttpResponse response, answer(job.seen, either.get_token()));
    if (either.stop_requested()) return cancelled();
    return deliver(*job.request, response, either.get_token());
  }
};

FakeTransport::FakeTransport(Answer answer) : state_(std::make_unique<State>()) {
  state_->answer = std::move(answer);
  thread_ = std::jthread([state = state_.get()](const std::stop_token& shutdown) { state->run(shutdown); });
}

FakeTransport::~FakeTransport() {
  thread_.request_stop();
  thread_.join();
}

namespace {

Result<std::string> body_of(const HttpRequest& request) {
  if (request.body_source == nullptr) {
    return std::string(reinterpret_cast<const char*>(request.body.data()), request.body.size());
  }
  std::string body(body_bytes(request), '\0');
  for (std::size_t at = 0; at < body.size();) {
    const auto rest = std::as_writable_bytes(std::span(body)).subspan(at);
    ATTACHE_ASSIGN(const std::size_t count, request.body_source->read(at, rest));
    at += count;
  }
  return body;
}

}  // namespace

void FakeTransport::start(const HttpRequest& request, std::stop_token stop, Completion done) {
  Result<std::string> body = body_of(request);
  if (!body) return done(fail(std::move(body).error()));
  SeenRequest seen{request.method, request.url, request.headers, *std::move(body)};
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->keeps_requests) state_->requests.push_back(seen);
    state_->jobs.push_back({&request, std::move(seen), std::move(stop), std::move(done)});
  }
  state_->changed.notify_one();
}

std::vector<SeenRequest> FakeTransport::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

void FakeTransport::forget_requests() {
  const std::lock_guard lock(state_->mutex);
  state_->keeps_requests = false;
  state_->requests.clear();
}

HttpResponse respond(int status, std::string body, const std::vector<std::pair<std::string, std::string>>& headers) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  for (const auto& [name, value] : headers) response.headers.add(name, value);
  return response;
}

}  // namespace attache::testing
