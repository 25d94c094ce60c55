#include "store_common.hpp"

#include <attache/base/text.hpp>
#include <attache/store/object_rules.hpp>

#include <algorithm>
#include <string>

namespace attache {

ObjectRange clip(const GetOptions& options, std::uint64_t size) {
  const std::uint64_t begin = std::min(options.offset, size);
  return {begin, begin + std::min(options.length.value_or(size), size - begin)};
}

Status check_version(const ObjectInfo& info, std::string_view if_match, std::string_view uri) {
  if (if_match.empty() || if_match == info.etag) return {};
  return fail(ErrorCode::kSourceChanged, printable(uri) + " was replaced by another version",
              "read the object again from its beginning");
}

Status begin_sink(ObjectSink& sink, const ObjectInfo& info, const GetOptions& options, std::string_view uri) {
  ATTACHE_TRY(sink.begin(info));
  if (!options.if_size || *options.if_size == info.size) return {};
  return fail(
      ErrorCode::kIntegrity,
      printable(uri) + " has " + std::to_string(info.size) + " bytes instead of " + std::to_string(*options.if_size),
      "store the object again");
}

std::optional<std::string_view> common_prefix(std::string_view key, std::string_view prefix,
                                              const ListOptions& options) {
  if (options.delimiter.empty()) return std::nullopt;
  const std::size_t found = key.find(options.delimiter, prefix.size());
  if (found == std::string_view::npos) return std::nullopt;
  return key.substr(0, found + options.delimiter.size());
}

Status check_copy(std::string_view from, std::string_view to) {
  ATTACHE_TRY(check_object_key(from));
  ATTACHE_TRY(check_object_key(to));
  if (from != to) return {};
  return fail(ErrorCode::kInvalidArgument, "object '" + printable(from) + "' cannot be copied onto itself",
              "choose another key");
}

Status refuse_tags(const PutOptions& options, std::string_view uri) {
  if (options.tags.empty()) return {};
  return fail(ErrorCode::kUnsupported, "tags of " + printable(uri) + " cannot be kept: only S3 has tags",
              "store the object without tags, or in S3");
}

Result<std::vector<KeyFailure>> remove_each(ObjectStore& store, std::span<const std::string> keys,
                                            const std::stop_token& stop) {
  std::vector<KeyFailure> failures;
  for (const std::string& key : keys) {
    Status removed = store.remove(key, stop);
    if (removed) continue;
    if (removed.error().code() == ErrorCode::kCancelled) return cancelled();
    failures.push_back({key, std::move(removed).error()});
  }
  if (stop.stop_requested()) return cancelled();
  return failures;
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
