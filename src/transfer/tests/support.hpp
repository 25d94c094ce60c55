#pragma once

#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A file of a test: where, what, when.
struct TestFile {
  std::string path;
  std::string content;
  std::int64_t mtime_us = 1'700'000'000'123'457;
};

/// Throws if a preparation failed.
void must(const Status& status);
/// Writes the files below `root` with their times, parents included.
void write_tree(const std::filesystem::path& root, const std::vector<TestFile>& files);
/// The manifest that describes them.
Manifest manifest_of(const std::vector<TestFile>& files);
/// Stores their contents under their hashes.
void store_contents(ObjectStore& store, const std::vector<TestFile>& files);

std::string read_text(const std::filesystem::path& path);
std::int64_t mtime_us_of(const std::filesystem::path& path);
/// Every file, link and directory below `root`, sorted, relative.
std::vector<std::string> names_below(const std::filesystem::path& root);
void put_text(ObjectStore& store, std::string_view key, std::string_view content);
std::vector<std::string> keys_of(ObjectStore& store);

/// A store that passes everything on and lets a test look, or interfere: the name of the call and its key.
class WatchedStore final : public ObjectStore {
 public:
  using Hook = std::function<Status(const std::string& call, const std::string& key)>;
  WatchedStore(ObjectStore& inner, Hook hook) : inner_(inner), hook_(std::move(hook)) {}

  std::string root_uri() const override { return inner_.root_uri(); }
  bool is_service() const override { return is_service_; }
  /// From now on every call counts as a request.
  void pretend_to_be_a_service() { is_service_ = true; }
  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override;
  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override;
  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override;
  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override;
  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override;
  Status remove(std::string_view key, std::stop_token stop) override;
  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override;
  Status make_durable(std::stop_token stop) override;

  /// The calls so far, as "put Data/...".
  std::vector<std::string> calls() const;

 private:
  Status note(const char* call, std::string_view key);

  ObjectStore& inner_;
  Hook hook_;
  bool is_service_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

}  // namespace attache
