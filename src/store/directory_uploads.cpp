#include <attache/base/text.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/store_uri.hpp>

#include "directory_listing.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

class DirectoryUploads final : public UploadAdmin {
 public:
  explicit DirectoryUploads(const DirectoryStoreOptions& options)
      : path_(options.path), root_uri_(to_uri(DirectoryLocation{options.path})) {}

  std::string root_uri() const override { return root_uri_; }

  /// All of them in one page: a store has few.
  Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& /*from*/,
                                  std::stop_token stop) override {
    UploadPage page;
    ATTACHE_ASSIGN(const std::optional<RootDirectory> root, existing_store_root(path_));
    if (!root) return page;
    ATTACHE_TRY(visit(*root, "", prefix, stop, page));
    std::ranges::sort(page.uploads, {}, &UnfinishedUpload::key);
    return page;
  }

  Result<std::optional<PartPage>> list_parts(std::string_view key, std::string_view /*upload_id*/, std::uint32_t after,
                                             std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const RelativePath path, temporary_path(key));
    ATTACHE_ASSIGN(const std::optional<RootDirectory> root, existing_store_root(path_));
    if (!root) return std::nullopt;
    ATTACHE_ASSIGN(const std::optional<FileStatus> status, root->stat(path));
    if (!status) return std::nullopt;
    PartPage page;
    if (after == 0) page.parts.push_back({1, status->size, {}, {}});
    return page;
  }

  Status abort_upload(std::string_view key, std::string_view /*upload_id*/, std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const RelativePath path, temporary_path(key));
    ATTACHE_ASSIGN(const std::optional<RootDirectory> root, existing_store_root(path_));
    return root ? root->remove_file(path) : Status();
  }

 private:
  /// Nothing but a temporary file is ever looked at or removed.
  static Result<RelativePath> temporary_path(std::string_view key) {
    if (!is_temporary_file_name(key.substr(key.rfind('/') + 1))) {
      return fail(ErrorCode::kInvalidArgument, "'" + printable(key) + "' is no temporary file of a store",
                  "name one that was listed");
    }
    return RelativePath::parse(key);
  }

  /// `directory` is empty or ends with `/`. As listing does, it does not descend into linked directories.
  static Status visit(const RootDirectory& root, const std::string& directory, std::string_view prefix,
                      const std::stop_token& stop, UploadPage& page) {
    ATTACHE_ASSIGN(const std::vector<DirectoryEntry> entries, store_entries(root, directory));
    for (const DirectoryEntry& entry : entries) {
      if (stop.stop_requested()) return cancelled();
      const std::string key = directory + entry.name;
      const bool is_temporary = entry.kind == FileKind::kRegular && is_temporary_file_name(entry.name);
      if (!is_temporary && entry.kind != FileKind::kDirectory) continue;
      const Result<RelativePath> path = RelativePath::parse(key);
      if (!path) continue;  // such a name is not of a store
      if (is_temporary) {
        if (!key.starts_with(prefix)) continue;
        ATTACHE_ASSIGN(const std::optional<FileStatus> status, root.stat(*path));
        if (status) page.uploads.push_back({key, {}, status->mtime_us(), {}});
        continue;
      }
      ATTACHE_TRY(visit(root, key + '/', prefix, stop, page));
    }
    return {};
  }

  const std::string path_;
  const std::string root_uri_;
};

}  // namespace

std::unique_ptr<UploadAdmin> make_directory_upload_admin(const DirectoryStoreOptions& options) {
  return std::make_unique<DirectoryUploads>(options);
}

}  // namespace attache
