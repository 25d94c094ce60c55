#include "unreadable.hpp"

#include <attache/fsio/system_error.hpp>

#include <algorithm>

namespace attache {

namespace {

constexpr std::size_t kListed = 100;

// "cannot open '/r/a': Permission denied" -> "Permission denied": the list names the path itself, once.
std::string reason_of(const Error& error) {
  const std::size_t colon = error.message().rfind(": ");
  return colon == std::string::npos ? error.message() : error.message().substr(colon + 2);
}

}  // namespace

void Unreadable::add(std::string path, const Error& error) {
  const std::lock_guard lock(mutex_);
  ++count_;
  if (first_.size() == kListed && !(path < std::prev(first_.end())->path)) return;
  first_.insert({std::move(path), reason_of(error), error.code()});
  if (first_.size() > kListed) first_.erase(std::prev(first_.end()));
}

std::string Unreadable::list() const {
  const std::lock_guard lock(mutex_);
  std::string list;
  for (const Offender& offender : first_) {
    if (!list.empty()) list += ", ";
    list += quoted_path(offender.path) + " (" + offender.reason + ")";
  }
  if (count_ > first_.size()) list += " and " + std::to_string(count_ - first_.size()) + " more";
  return list;
}

Error Unreadable::to_error(const std::string& root) const {
  const std::string listed = list();
  const std::lock_guard lock(mutex_);
  const bool only_permissions = std::all_of(first_.begin(), first_.end(), [](const Offender& offender) {
    return offender.code == ErrorCode::kPermissionDenied;
  });
  return Error(only_permissions ? ErrorCode::kPermissionDenied : ErrorCode::kIo,
               "cannot read " + (count_ == 1 ? std::string("one path") : std::to_string(count_) + " paths") +
                   " below " + quoted_path(root) + ": " + listed,
               "give yourself permission to read them, or leave them out: with an exclude pattern, or all with "
               "--skip-unreadable");
}

}  // namespace attache
