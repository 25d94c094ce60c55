#include <attache/http/transport.hpp>

#include <condition_variable>
#include <mutex>

namespace attache {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::string_view to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kHead:
      return "HEAD";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kDelete:
      return "DELETE";
  }
  return "";
}

void HttpHeaders::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void HttpHeaders::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (same_name(field, name)) return value;
  }
  return std::nullopt;
}

std::uint64_t body_bytes(const HttpRequest& request) {
  return request.body_source != nullptr ? request.body_source->size() : request.body.size();
}

Result<HttpResponse> HttpTransport::perform(const HttpRequest& request, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<Result<HttpResponse>> result;
  start(request, std::move(stop), [&](Result<HttpResponse> answer) {
    const std::lock_guard lock(mutex);
    result.emplace(std::move(answer));
    // Under the lock: the waiting thread cannot leave, and destroy the condition variable, before this returns.
    finished.notify_one();
  });
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return result.has_value(); });
  return *std::move(result);
}

}  // namespace attache
