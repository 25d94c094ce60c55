#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/s3_store.hpp>

#include "byte_budget.hpp"
#include "s3_client.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

namespace attache {

// One put() or get() of an S3 store.

/// What the transfers of a store share. The references outlive them.
struct S3TransferContext {
  S3Client& client;
  const S3StoreOptions& options;
  ByteBudget& budget;
};

/// An object as put() and get() name it.
struct S3ObjectName {
  std::string key;       ///< relative to the store
  std::string full_key;  ///< as S3 knows it
  std::string uri;
};

Status s3_upload(const S3TransferContext& context, const S3ObjectName& name, ObjectSource& source,
                 const PutOptions& options, const std::stop_token& stop);

Result<std::optional<ObjectInfo>> s3_download(const S3TransferContext& context, const S3ObjectName& name,
                                              ObjectSink& sink, const GetOptions& options, const std::stop_token& stop);

Result<std::optional<ObjectInfo>> s3_head(S3Client& client, const S3ObjectName& name, const std::stop_token& stop);

/// What the headers of a GET or HEAD say about an object, except its size.
ObjectInfo s3_object_info(const S3ObjectName& name, const HttpHeaders& headers);

/// The value of a header field as a byte count.
std::optional<std::uint64_t> s3_byte_count(std::string_view text);

/// The size of parts for an object: `part_bytes`, or as many whole MiB as it takes to need at most 10,000 parts.
std::uint64_t s3_part_bytes(std::uint64_t object_bytes, std::uint64_t part_bytes);

}  // namespace attache
