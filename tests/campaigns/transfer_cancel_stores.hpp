#pragma once

#include <attache/http/testing/scripted_server.hpp>
#include <attache/http/transport.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/testing/fake_s3.hpp>

#include "transfer_cancel_trial.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

// The stores that attache_transfer_cancel_driver cancels calls of.

namespace attache::campaign {

/// A directory of files with the manifest that describes them.
struct Tree {
  std::filesystem::path root;
  Manifest manifest;
};

/// Throws if a preparation failed.
void must(const Status& status);

/// A store of a trial.
class StoreBox {
 public:
  virtual ~StoreBox() = default;
  virtual ObjectStore& store() = 0;
  /// Puts a tree's contents there, undisturbed.
  virtual void fill(const Tree& tree) = 0;
  /// From now on it is as fast as it can.
  virtual void calm() {}
  /// What is wrong with what it holds: an object with other bytes than its name says, a manifest without its data.
  virtual std::string check() = 0;
};

/// A directory store that notes the calls of one kind: "put Data/", "make_durable", ... by how they begin; "": none.
std::unique_ptr<StoreBox> directory_box(const std::filesystem::path& path, std::string call, Moment& moment);

/// Which requests of an S3 client are meant.
enum class S3Request { kNone, kList, kHead, kPut, kPart, kComplete, kManifestPut, kGet, kManifestGet, kDelete };
/// "put", ...; kNone for any other text.
S3Request s3_request(std::string_view name);

/// A FakeS3 behind a socket that answers requests of one kind late, not at all, or stops in the middle of the answer.
class SlowS3 final : public StoreBox {
 public:
  enum class How { kLate, kNever, kHalf };

  explicit SlowS3(Moment& moment);
  SlowS3(const SlowS3&) = delete;
  SlowS3& operator=(const SlowS3&) = delete;
  ~SlowS3() override;

  void slow(S3Request which, How how, std::chrono::milliseconds delay);
  void calm() override { slow(S3Request::kNone, How::kLate, {}); }
  ObjectStore& store() override { return *store_; }
  void fill(const Tree& tree) override;
  std::string check() override;
  std::string url() const { return server_.url(); }
  /// Requests of the kind that is slow, so far.
  std::uint64_t seen() const { return seen_; }

 private:
  testing::ServerResponse answer(const testing::ServerRequest& request);

  Moment& moment_;
  std::mutex mutex_;
  S3Request which_ = S3Request::kNone;  // guarded by mutex_, as the next two
  How how_ = How::kLate;
  std::chrono::milliseconds delay_{0};
  std::atomic<std::uint64_t> seen_{0};
  testing::FakeS3 s3_;
  testing::ScriptedServer server_;  // after what its threads use
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<ObjectStore> store_;
};

/// A SlowS3 for a trial: how it is slow is random.
std::unique_ptr<SlowS3> slow_s3(S3Request which, const Trial& trial);

/// Files of a directory, apart from temporary ones, that are not files of the manifest with their bytes.
std::string check_restored(const std::filesystem::path& directory, const Manifest& manifest);

}  // namespace attache::campaign
