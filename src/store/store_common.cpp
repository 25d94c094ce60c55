#include "store_common.hpp"

#include <attache/base/text.hpp>

#include <algorithm>
#include <string>

namespace attache {

ObjectRange clip(const GetOptions& options, std::uint64_t size) {
  const std::uint64_t begin = std::min(options.offset, size);
  return {begin, begin + std::min(options.length.value_or(size), size - begin)};
}

Status check_version(const ObjectInfo& info, const GetOptions& options, std::string_view uri) {
  if (options.if_match.empty() || options.if_match == info.etag) return {};
  return fail(ErrorCode::kSourceChanged, printable(uri) + " was replaced by another version",
              "read the object again from its beginning");
}

Status check_list_options(const ListOptions& options) {
  if (options.max_keys >= 1 && options.max_keys <= 1000) return {};
  return fail(ErrorCode::kInvalidArgument, "a page of " + std::to_string(options.max_keys) + " keys cannot be listed",
              "ask for 1 to 1000 keys");
}

Result<std::optional<ObjectInfo>> run_alone(ObjectStore& store, const ObjectTask& task, const std::stop_token& stop) {
  switch (task.kind) {
    case ObjectTask::Kind::kHead:
      return store.head(task.key, stop);
    case ObjectTask::Kind::kGet:
      return store.get(task.key, *task.sink, task.get, stop);
    case ObjectTask::Kind::kPut:
      break;
  }
  ObjectInfo info;
  info.key = task.key;
  info.size = task.source->size();
  ATTACHE_TRY(store.put(task.key, *task.source, task.put, stop));
  return info;
}

tl::unexpected<Error> object_exists(std::string_view uri) {
  return fail(ErrorCode::kAlreadyExists, printable(uri) + " exists already",
              "choose another name, or allow it to be replaced");
}

}  // namespace attache
