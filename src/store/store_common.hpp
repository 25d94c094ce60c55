#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What the stores have in common besides their interface, so that they answer alike.

/// Bytes [begin, end) of an object.
struct ObjectRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
};

/// The range that is wanted of an object of `size` bytes, cut to what exists.
ObjectRange clip(const GetOptions& options, std::uint64_t size);

/// kSourceChanged if the object is not the version that `if_match` names; empty: any.
Status check_version(const ObjectInfo& info, std::string_view if_match, std::string_view uri);

/// Begins the sink of a get. kIntegrity, if the sink has no error, where the object has another size than `if_size`.
Status begin_sink(ObjectSink& sink, const ObjectInfo& info, const GetOptions& options, std::string_view uri);

/// What is listed instead of `key`: its beginning, up to and including the first delimiter after the prefix. Nothing if
/// the key itself is listed.
std::optional<std::string_view> common_prefix(std::string_view key, std::string_view prefix,
                                              const ListOptions& options);

/// kInvalidArgument unless both keys are keys, and not the same.
Status check_copy(std::string_view from, std::string_view to);

/// The kUnsupported of a store without tags.
Status refuse_tags(const PutOptions& options, std::string_view uri);

/// remove_all() for a store where many removals are no better than one by one.
Result<std::vector<KeyFailure>> remove_each(ObjectStore& store, std::span<const std::string> keys,
                                            const std::stop_token& stop);

/// kInvalidArgument unless 1 <= max_keys <= 1000.
Status check_list_options(const ListOptions& options);

/// What the task asks for, by the method for one object.
Result<std::optional<ObjectInfo>> run_alone(ObjectStore& store, const ObjectTask& task, const std::stop_token& stop);

/// The kAlreadyExists of a put with only_if_absent.
tl::unexpected<Error> object_exists(std::string_view uri);

}  // namespace attache
