#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// What a store knows of an object. Keys are relative to the store's root or prefix; object_rules.hpp says what a key
/// is. A service may list keys that others wrote and that break those rules: they can be listed, nothing else.
struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;                              ///< opaque; empty where a store has none
  std::optional<std::int64_t> last_modified_us;  ///< microseconds since the epoch
  std::map<std::string, std::string> metadata;   ///< user metadata, lower-case names; not filled by list()
};

/// Produces an object's bytes in order, once. Called on the thread that called put().
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  /// The exact number of bytes that read() will give. More or fewer fails the put with kSourceChanged.
  virtual std::uint64_t size() const = 0;
  /// Fills the front of `buffer`; the number of bytes, 0 at the end.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
  /// Called after the last byte was read and before the object can be seen by anyone (before the rename, the single
  /// PUT, or the completion of a multipart upload). An error here means that the object is not stored: this is where
  /// the bytes that were read are compared with the hash they are stored under.
  virtual Status verify() = 0;
  /// Called after verify() by a store that holds all bytes until they are sent: nothing is read any more. Hundreds are
  /// on their way at a time, each of which would keep its file open otherwise.
  virtual void release() {}
  /// True if read_at() works: such a source can be sent in pieces that are larger than memory.
  virtual bool can_read_at() const { return false; }
  /// Fills the front of `buffer` with what is at `offset` now; the number of bytes, none at the end. Changes nothing
  /// for read(). Called on any thread, also while read() runs on another.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer);
};

/// A source over bytes in memory that must stay valid; verify() always succeeds.
class MemorySource final : public ObjectSource {
 public:
  explicit MemorySource(std::span<const std::byte> data) : data_(data) {}
  std::uint64_t size() const override { return data_.size(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override;
  Status verify() override { return {}; }

 private:
  std::span<const std::byte> data_;
  std::size_t offset_ = 0;
};

/// Receives an object's bytes in order. Called on the thread that called get(): a slow sink slows its own get down and
/// nothing else.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  /// Called once before the first write, when the object is known to exist. `info.size` is that of the whole object,
  /// also for a range. An error ends the get.
  virtual Status begin(const ObjectInfo& info) = 0;
  /// Never empty. An error ends the get.
  virtual Status write(std::span<const std::byte> data) = 0;
};

/// A put in parts that has begun: what another needs to go on with it.
struct UnfinishedPut {
  std::string upload_id;
  std::uint64_t size = 0;           ///< of the whole object
  std::uint64_t part_bytes = 0;     ///< of all parts but the last
  std::string checksum;             ///< that parts have, as the service names it ("CRC64NVME"); empty: none
  bool has_whole_checksum = false;  ///< the service compares one checksum of the whole object
};

/// Remembers a put in parts, so that a later one of the same content goes on where it ended. The methods are called on
/// the thread that called put(), for one object each; an error ends the put.
///
/// A put that goes on reads its source from the beginning all the same, and verifies it as ever. A part that the
/// service says it has, of the same size and checksum as the bytes that were read, is not sent again; all others are.
///
/// An interrupted put (kCancelled, or a service that did not answer) leaves its upload and parts in the service; they
/// take up storage until a later put completes them, or somebody gives them up (UploadAdmin::abort_upload).
class PutResumption {
 public:
  virtual ~PutResumption() = default;
  /// The put to go on with; nothing if there is none. Asked before anything is sent, and when a put that has begun was
  /// interrupted: one that is not remembered is given up, since nobody would go on with it.
  virtual std::optional<UnfinishedPut> unfinished(std::string_view key) = 0;
  /// It has begun: to be remembered before the first part is sent.
  virtual Status begun(std::string_view key, const UnfinishedPut& put) = 0;
  /// It is complete, given up, or was not there any more: to be forgotten.
  virtual void ended(std::string_view key, const UnfinishedPut& put) = 0;
  /// A part of so many bytes is there from an earlier try, and is not sent again.
  virtual void reused(std::string_view /*key*/, std::uint64_t /*bytes*/) {}
};

struct PutOptions {
  std::string content_type;                     ///< empty: the store's default
  std::map<std::string, std::string> metadata;  ///< see object_rules.hpp; kInvalidArgument if it breaks them
  /// Tags, for rules and permissions of a service (object_rules.hpp). A store that has none refuses them
  /// (kUnsupported): dropped silently, such rules would not find the object.
  std::map<std::string, std::string> tags{};
  /// Fails with kAlreadyExists instead of replacing an object.
  bool only_if_absent = false;
  /// The time that a store of files gives the object's file, in microseconds since the epoch; none: now. A service has
  /// times of its own.
  std::optional<std::int64_t> mtime_us{};
  /// For objects that a store sends in parts: what is known of an earlier try, and who remembers this one. Null: a put
  /// that fails leaves nothing. Must outlive the put.
  PutResumption* resumption = nullptr;
};

/// A range may go beyond the object's end: then only what exists is written, perhaps nothing.
struct GetOptions {
  std::uint64_t offset = 0;               ///< first byte wanted
  std::optional<std::uint64_t> length{};  ///< none: to the end
  std::string if_match{};                 ///< etag that the object must still have (else kSourceChanged); empty: any
  /// Size that the object must have. Of one with another size no byte is read: begin() is told the size, and the get
  /// ends with the sink's error, or with kIntegrity if it has none. None: any.
  std::optional<std::uint64_t> if_size{};
  /// False: ObjectInfo::metadata may be empty, whatever the object has. A directory store then looks for no file of it,
  /// which is one system call of five for a small object; a service sends it all the same.
  bool metadata = true;
};

struct CopyOptions {
  std::string if_match;  ///< etag that the source must still have (else kSourceChanged); empty: any
};

struct ListOptions {
  /// Only what is greater than this, in byte order. A common prefix that is not is left out with every key below it.
  std::string start_after;
  std::size_t max_keys = 1000;  ///< objects and common prefixes of a page together, 1..1000
  /// Keys that have this text after the prefix are not listed, but what they begin with up to and including it, once:
  /// with "/" a level of a tree is listed instead of all that is below. Empty: every key is listed.
  std::string delimiter{};
};

struct ListPage {
  std::vector<ObjectInfo> objects;    ///< ascending byte order of keys
  bool more = false;                  ///< another page follows, after last()
  std::vector<std::string> prefixes;  ///< common prefixes, each with its delimiter; ascending byte order

  /// The greatest key or prefix: `start_after` of the next page. Empty if the page is.
  std::string last() const;
};

/// A key that remove_all() could not remove.
struct KeyFailure {
  std::string key;
  Error error;
};

class ObjectBatch;
struct ObjectTask;

/// Objects by key: a bucket and prefix, a directory, or memory. Every method blocks, may be called from any thread, and
/// gives kCancelled soon after `stop` fires. Absence is not an error where a result can say so. A key that breaks the
/// rules of object_rules.hpp is kInvalidArgument everywhere.
/// One contract suite (testing/object_store_contract.hpp) holds for every implementation.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Where the store is, as a user would write it: `s3://bucket/prefix`, `file:///path`.
  virtual std::string root_uri() const = 0;
  /// True if every call is a request to a service: it costs a round trip, and is paid for. Who asks for many objects
  /// then does better with list() and run() than with head().
  virtual bool is_service() const { return false; }
  /// A key in full, for messages.
  std::string uri(std::string_view key) const { return root_uri() + "/" + std::string(key); }

  virtual Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) = 0;

  /// Stores an object whole or not at all; success means that the store acknowledged it. The bytes become visible only
  /// after source.verify() succeeded.
  virtual Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) = 0;

  /// Streams an object (or a range) into `sink`; nothing if it does not exist. A body that ends early or late is an
  /// error.
  virtual Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                                std::stop_token stop) = 0;

  /// Makes `to` an object with the bytes and the user metadata of `from`, whole or not at all, and replaces what is
  /// there; false if `from` does not exist. Where there is a service, it copies: nothing travels. kInvalidArgument if
  /// both are the same key.
  virtual Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                            std::stop_token stop) = 0;

  /// Objects whose key starts with `prefix` (text, not a directory: "Data/a" lists "Data/abc"), in byte order.
  virtual Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) = 0;

  /// Removing what is absent succeeds.
  virtual Status remove(std::string_view key, std::stop_token stop) = 0;

  /// Removes any number of objects, in as few requests as it takes; the keys that are still there perhaps, with the
  /// reason. Empty: all are gone. An error only if it ended before every key was tried, such as kCancelled.
  virtual Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) = 0;

  /// Carries out the tasks of a batch (object_batch.hpp), as many at a time as the store is best at: a service answers
  /// hundreds of small requests in the time of one. One failure does not end the others; it is told to done().
  /// Everything of the batch, its sinks and sources, is called on the calling thread, one after the other. kCancelled
  /// if `stop` fired: then tasks that were taken have ended with kCancelled, and no more are taken.
  virtual Status run(ObjectBatch& batch, std::stop_token stop);

  /// Returns once everything whose put() succeeded before this call survives a power failure. Called between the data
  /// and the manifest that names it. A service that acknowledges only durable objects has nothing to do.
  virtual Status make_durable(std::stop_token stop) = 0;
};

}  // namespace attache
