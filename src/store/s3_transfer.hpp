#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/s3_store.hpp>

#include "byte_budget.hpp"
#include "flight_window.hpp"
#include "s3_checksum.hpp"
#include "s3_client.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// One call of an S3 store each.

/// `s3://bucket/prefix`.
std::string s3_root_uri(const S3StoreOptions& options);

/// kInvalidArgument for options that no service could serve.
Status check_s3_options(const S3StoreOptions& options);

/// Parts of one object at a time, whatever others have under way: one travels while the other is read or written.
constexpr std::size_t kPartsAnyway = 2;

/// Hashes the bodies of requests that carry the hash of theirs side by side, which costs less (sha256_hex_each). What
/// cannot be done here fails when the request is sent.
void s3_hash_bodies(const S3Client& client, std::span<S3Request* const> requests);
template <typename Prepared>
void s3_hash_bodies(const S3Client& client, std::vector<Prepared>& prepared) {
  std::vector<S3Request*> requests;
  requests.reserve(prepared.size());
  for (Prepared& each : prepared) requests.push_back(&each.request);
  s3_hash_bodies(client, std::span<S3Request* const>(requests));
}

/// What the transfers of a store share. The references outlive them.
struct S3TransferContext {
  S3Client& client;
  const S3StoreOptions& options;
  ByteBudget& budget;
  FlightWindow& window;
  S3ChecksumChoice& checksum;
};

/// An object as put() and get() name it.
struct S3ObjectName {
  std::string key;       ///< relative to the store
  std::string full_key;  ///< as S3 knows it
  std::string uri;
};

/// kInvalidArgument if the key breaks the rules, or is too long together with the prefix.
Result<S3ObjectName> s3_object_name(const S3StoreOptions& options, std::string_view key);

/// One PUT of a whole object. The body must stay valid until the request has ended.
struct S3WholePut {
  S3Request request;
  S3Checksum checksum = S3Checksum::kNone;
  std::uint64_t crc = 0;
};
S3WholePut s3_whole_put(const S3ObjectName& name, std::span<const std::byte> body, const PutOptions& options,
                        S3Checksum checksum);
/// What its answer means.
Status s3_whole_put_result(const S3Client& client, const S3ObjectName& name, const S3WholePut& put,
                           const S3Reply& reply, const PutOptions& options);
/// Sends it and waits; where the server refuses the checksum, again with a weaker one.
Status s3_put_bytes(const S3TransferContext& context, const S3ObjectName& name, std::span<const std::byte> body,
                    const PutOptions& options, const std::stop_token& stop);

Status s3_upload(const S3TransferContext& context, const S3ObjectName& name, ObjectSource& source,
                 const PutOptions& options, const std::stop_token& stop);

Result<std::optional<ObjectInfo>> s3_download(const S3TransferContext& context, const S3ObjectName& name,
                                              ObjectSink& sink, const GetOptions& options, const std::stop_token& stop);

S3Request s3_head_request(const S3ObjectName& name);
/// What its answer means; a refusal of which it does not say why included.
Result<std::optional<ObjectInfo>> s3_head_result(const S3Client& client, const S3ObjectName& name,
                                                 const S3Request& request, const S3Reply& reply);

/// `headers`, if given, gets all that the answer says.
Result<std::optional<ObjectInfo>> s3_head(S3Client& client, const S3ObjectName& name, const std::stop_token& stop,
                                          HttpHeaders* headers = nullptr);

Result<bool> s3_copy(const S3TransferContext& context, const S3ObjectName& from, const S3ObjectName& to,
                     const CopyOptions& options, const std::stop_token& stop);

/// `root` is the store's prefix with its slash.
Result<ListPage> s3_list(S3Client& client, std::string root, std::string_view prefix, const ListOptions& options,
                         const std::stop_token& stop);

Status s3_remove(S3Client& client, const S3ObjectName& name, const std::stop_token& stop);

Result<std::vector<KeyFailure>> s3_remove_all(const S3TransferContext& context, std::span<const S3ObjectName> names,
                                              const std::stop_token& stop);

/// Whether a request on condition of this ETag can find it: of a weak one HTTP lets none, and an empty one is none.
bool s3_can_match(std::string_view etag);

/// What the headers of a GET or HEAD say about an object, except its size.
ObjectInfo s3_object_info(const S3ObjectName& name, const HttpHeaders& headers);

/// A request whose body was under way has ended: if the service answered that all went well, the window learns from it.
void s3_arrived(const FlightWindow::Flight& flight, const S3Exchange::Finished& finished);

/// The size of parts for an object: `part_bytes`, or as many whole MiB as it takes to need at most 10,000 parts.
std::uint64_t s3_part_bytes(std::uint64_t object_bytes, std::uint64_t part_bytes);

}  // namespace attache
