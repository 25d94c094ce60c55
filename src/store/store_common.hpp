#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>

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

/// kSourceChanged if the object is not the version that `options.if_match` names.
Status check_version(const ObjectInfo& info, const GetOptions& options, std::string_view uri);

/// kInvalidArgument unless 1 <= max_keys <= 1000.
Status check_list_options(const ListOptions& options);

/// What the task asks for, by the method for one object.
Result<std::optional<ObjectInfo>> run_alone(ObjectStore& store, const ObjectTask& task, const std::stop_token& stop);

/// The kAlreadyExists of a put with only_if_absent.
tl::unexpected<Error> object_exists(std::string_view uri);

}  // namespace attache
