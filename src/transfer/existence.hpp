#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/upload.hpp>

#include "lookup_cost.hpp"
#include "upload_plan.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

// Which contents a store has already, found out in the way that costs least (lookup_cost.hpp).

/// Requests of an upload so far. Any thread may count.
struct RequestTally {
  std::atomic<std::uint64_t> lists{0};
  std::atomic<std::uint64_t> heads{0};
  std::atomic<std::uint64_t> puts{0};
  std::atomic<std::uint64_t> parts{0};
  std::atomic<std::uint64_t> large{0};

  UploadRequests requests() const;
};

/// What is known of a content before anybody asks for it alone.
enum class Presence : std::uint8_t {
  kUnknown,
  kAbsent,
  kThere,    ///< with the right size
  kOther,    ///< with another size
  kAssumed,  ///< the check cache says so, and it is trusted
};

struct ExistenceFacts {
  std::vector<Presence> presence;      ///< of each content
  std::vector<std::uint8_t> expected;  ///< the check cache knows it; empty without a cache
  bool trust_refused = false;
};

/// Finds out what can be found out about many contents at once. Thread-safe but for survey().
class Existence {
 public:
  /// All must outlive it.
  Existence(ObjectStore& store, const UploadOptions& options, RequestTally& tally)
      : store_(store), options_(options), tally_(tally) {}

  /// Lists the first page of a service, if that was not done yet. A service that refuses to list is not listed.
  Status look(const std::stop_token& stop);
  /// What the first page says of a content.
  Presence seen(const Digest& hash, std::uint64_t size) const;

  /// All that is known without asking for single contents (but a sample of those that the cache vouches for). Those
  /// that are not `left` are passed over.
  Result<ExistenceFacts> survey(std::span<const UploadContent> contents, std::span<const std::uint8_t> left,
                                const std::stop_token& stop);

  /// True if the cache knows the content; always false without one, and with --force-s3-check.
  void expect(std::span<const Digest> hashes, std::span<std::uint8_t> expected);

  // For the check cache.
  void record(const Digest& hash);
  void drop(std::span<const Digest> hashes);

 private:
  struct Listed {
    Digest hash;
    std::uint64_t size;
  };
  struct Wanted {
    Digest hash;
    std::uint32_t content;
  };

  bool may_list() const { return store_.is_service() && options_.check != CheckCacheUse::kForce && !is_refused_; }
  /// Nothing if the service refuses, or has refused before.
  Result<std::optional<ListPage>> list(const std::string& prefix, const ListOptions& page, const std::stop_token& stop);
  Status trust(std::span<const UploadContent> contents, ExistenceFacts& facts, const std::stop_token& stop);
  Status list_all(std::span<const UploadContent> contents, ExistenceFacts& facts, std::size_t unknown,
                  const std::stop_token& stop);
  std::string cache_key(const Digest& hash) const;

  ObjectStore& store_;
  const UploadOptions& options_;
  RequestTally& tally_;
  mutable std::mutex mutex_;
  std::atomic<bool> is_refused_{false};
  std::atomic<bool> has_looked_{false};
  // Set once, by look():
  std::vector<Listed> first_page_;
  std::string first_page_end_;
  bool is_whole_store_ = false;
  std::optional<double> pages_;  ///< none: all is known, or nothing is of how much there is
};

}  // namespace attache
