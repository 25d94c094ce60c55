#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace attache {

namespace {

Status run_guarded(const WorkerGroup::Task& task, unsigned worker, const std::stop_token& stop) {
  try {
    return task(worker, stop);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kIo, "not enough memory", "use fewer workers, or a machine with more memory");
  } catch (const std::exception& error) {
    return fail(ErrorCode::kIo, "a worker failed: " + printable(error.what()),
                "report this as a defect, with the message");
  } catch (...) {
    return fail(ErrorCode::kIo, "a worker failed for an unknown reason", "report this as a defect");
  }
}

}  // namespace

struct WorkerGroup::Impl {
  Impl(std::stop_token outer, Task run)
      : task(std::move(run)), forward(std::move(outer), [this] { source.request_stop(); }) {}

  void record(Error error) {
    {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::move(error);
    }
    source.request_stop();
  }

  void join() {
    for (auto& thread : threads) {
      if (thread.joinable()) thread.join();
    }
  }

  const Task task;
  std::stop_source source;
  std::mutex mutex;
  std::optional<Error> first_error;  // guarded by mutex
  unsigned started = 0;
  std::vector<std::jthread> threads;
  std::stop_callback<std::function<void()>> forward;  // last: it uses `source`
};

WorkerGroup::WorkerGroup(unsigned threads, std::stop_token stop, Task task)
    : impl_(std::make_unique<Impl>(std::move(stop), std::move(task))) {
  const unsigned wanted = std::max(threads, 1U);
  impl_->threads.reserve(wanted);
  for (unsigned worker = 0; worker < wanted; ++worker) {
    try {
      impl_->threads.emplace_back([impl = impl_.get(), worker] {
        if (Status status = run_guarded(impl->task, worker, impl->source.get_token()); !status) {
          impl->record(std::move(status).error());
        }
      });
      ++impl_->started;
    } catch (const std::system_error& error) {
      if (impl_->started == 0) {
        impl_->record(Error(ErrorCode::kIo, std::string("cannot start a thread: ") + error.what(),
                            "raise the limit on threads (ulimit -u), or run fewer programs at a time"));
      }
      break;
    }
  }
}

WorkerGroup::~WorkerGroup() {
  impl_->source.request_stop();
  impl_->join();
}

Status WorkerGroup::join() {
  impl_->join();
  const std::lock_guard lock(impl_->mutex);
  if (impl_->first_error) return fail(*std::move(impl_->first_error));
  return {};
}

unsigned WorkerGroup::size() const {
  return impl_->started;
}

unsigned WorkerGroup::default_size() {
  // glibc counts the cores of this process's affinity mask (taskset, cpusets), not those of the machine.
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace attache
