#include "upload_context.hpp"

#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>

#include <utility>

namespace attache {

namespace {
/// At most this many offenders are named in one message; the rest are counted.
constexpr std::size_t kNamedOffenders = 20;
}  // namespace

void SourceFaults::add(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!code_) {
    code_ = error.code();
    remedy_ = error.remedy();
  }
  if (count_++ < kNamedOffenders) list_ += "\n  " + error.message();
}

bool SourceFaults::any() const {
  const std::lock_guard lock(mutex_);
  return count_ > 0;
}

Error SourceFaults::to_error(const std::string& root, const std::string& what, const std::string& state,
                             const std::string& remedy) const {
  const std::lock_guard lock(mutex_);
  const ErrorCode code = code_.value_or(ErrorCode::kSourceChanged);
  const bool is_other = code == ErrorCode::kSourceChanged || code == ErrorCode::kNotFound;
  std::string list = list_;
  if (count_ > kNamedOffenders) list += "\n  and " + std::to_string(count_ - kNamedOffenders) + " more";
  return Error(code,
               std::to_string(count_) + (count_ == 1 ? " file" : " files") + " below '" + printable(root) + "' " +
                   what + ":" + list,
               state + "; " + (is_other || remedy_.empty() ? remedy : remedy_));
}

unsigned small_workers(const UploadOptions& options, const ObjectStore& store) {
  if (options.small_workers > 0) return options.small_workers;
  const unsigned cores = WorkerGroup::default_size();
  constexpr unsigned kManyCores = 4;
  if (!store.is_service()) return cores;
  return cores > kManyCores ? 2 : 1;
}

}  // namespace attache
