#include <attache/http/gated_transport.hpp>

#include "event_thread.hpp"

#include <algorithm>
#include <utility>

namespace attache {

GatedTransport::GatedTransport(HttpTransport& inner, std::vector<std::unique_ptr<RequestGate>> gates)
    : inner_(inner), gates_(std::move(gates)) {}

GatedTransport::~GatedTransport() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  if (thread_.joinable()) {
    lock.unlock();
    thread_.request_stop();
    thread_.join();
    lock.lock();
  }
  // Completions may still start requests: they land in the queue.
  while (running_ > 0 || !queue_.empty()) {
    const Queue gone = std::exchange(queue_, {});
    running_ += gone.size();
    lock.unlock();
    cancel_all(gone);
    lock.lock();
    changed_.wait(lock, [&] { return running_ == 0 || !queue_.empty(); });
  }
}

std::size_t GatedTransport::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void GatedTransport::poke() {
  const std::lock_guard lock(mutex_);
  poked_ = true;
  changed_.notify_all();
}

bool GatedTransport::admit(const HttpRequest& request, Numbers& numbers) {
  const auto now = Clock::now();
  if (!request.urgent) {
    for (const auto& gate : gates_) {
      if (const auto wait = gate->wait_until(request, now)) {
        wake_at_ = *wait;
        return false;
      }
    }
  }
  for (std::size_t i = 0; i < gates_.size(); ++i) numbers[i] = gates_[i]->started(request, now);
  ++running_;
  return true;
}

GatedTransport::Queue GatedTransport::take_startable() {
  Queue startable;
  wake_at_ = RequestGate::kAfterAnEnd;
  while (!queue_.empty() && !stopping_) {
    Waiting& front = *queue_.front();
    if (!admit(*front.request, front.numbers)) break;
    startable.splice(startable.end(), queue_, queue_.begin());
  }
  return startable;
}

void GatedTransport::start(const HttpRequest& request, std::stop_token stop, Completion done) {
  Numbers numbers{};
  {
    std::unique_lock lock(mutex_);
    if (!stopping_ && (queue_.empty() || request.urgent) && admit(request, numbers)) {
      lock.unlock();
      start_now(request, std::move(stop), std::move(done), numbers);
      return;
    }
  }
  auto waiting = std::make_unique<Waiting>();
  waiting->request = &request;
  waiting->stop = std::move(stop);
  waiting->done = std::move(done);
  // May run here and now, so without the lock, and before anybody else can see the request and end it.
  waiting->on_stop.emplace(waiting->stop, Poke{this});
  Queue startable;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(waiting));
    if (stopping_) {
      changed_.notify_all();
      return;
    }
    // Since the look above, a request may have ended that this one was to wait for.
    startable = take_startable();
    if (!queue_.empty()) {
      if (!thread_.joinable()) {
        thread_ = std::jthread([this](const std::stop_token& shutdown) { run(shutdown); });
      }
      poked_ = true;
      changed_.notify_all();
    }
  }
  start_all(startable);
}

void GatedTransport::start_now(const HttpRequest& request, std::stop_token stop, Completion done,
                               const Numbers& numbers) {
  inner_.start(request, std::move(stop),
               [this, &request, numbers, done = std::move(done)](Result<HttpResponse> response) {
                 ended(request, std::move(response), done, numbers);
               });
}

void GatedTransport::start_all(const Queue& startable) {
  for (const auto& waiting : startable) {
    waiting->on_stop.reset();
    start_now(*waiting->request, waiting->stop, std::move(waiting->done), waiting->numbers);
  }
}

void GatedTransport::ended(const HttpRequest& request, Result<HttpResponse> response, const Completion& done,
                           const Numbers& numbers) {
  Queue startable;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (std::size_t i = 0; i < gates_.size(); ++i) gates_[i]->ended(numbers[i], request, response, now);
    if (!queue_.empty()) {
      startable = take_startable();
      if (wake_at_ != RequestGate::kAfterAnEnd) {
        poked_ = true;
        changed_.notify_all();
      }
    }
  }
  // First: the line is to be busy while the completion does its work.
  start_all(startable);
  done(std::move(response));
  // Under the lock: the destructor waits for this, and must find nothing of it left.
  const std::lock_guard lock(mutex_);
  --running_;
  if (stopping_) changed_.notify_all();
}

void GatedTransport::cancel_all(const Queue& gone) {
  const std::size_t count = gone.size();
  for (const auto& waiting : gone) {
    waiting->on_stop.reset();
    waiting->done(cancelled());
  }
  const std::lock_guard lock(mutex_);
  running_ -= count;
  changed_.notify_all();
}

void GatedTransport::run(const std::stop_token& shutdown) {
  block_signals_in_this_thread();
  std::unique_lock lock(mutex_);
  while (!shutdown.stop_requested()) {
    poked_ = false;
    Queue gone;
    for (auto it = queue_.begin(); it != queue_.end();) {
      const auto at = it++;
      if ((*at)->stop.stop_requested()) gone.splice(gone.end(), queue_, at);
    }
    running_ += gone.size();
    Queue startable = take_startable();
    if (!gone.empty() || !startable.empty()) {
      lock.unlock();
      cancel_all(gone);
      start_all(startable);
      lock.lock();
      continue;
    }
    if (wake_at_ == RequestGate::kAfterAnEnd) {
      changed_.wait(lock, shutdown, [&] { return poked_; });
    } else {
      changed_.wait_until(lock, shutdown, wake_at_, [&] { return poked_; });
    }
  }
}

}  // namespace attache
