#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/canonical_runs.hpp>
#include <attache/manifest/convert.hpp>

#include "decode_support.hpp"
#include "link_collapse.hpp"
#include "operation_support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace attache {

namespace {

tl::unexpected<Error> unsupported(std::string_view path, std::string_view what, const char* remedy) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{} {}, which format 2023-03-03 cannot hold", detail::quoted(path), what), remedy);
}

class DownConverter {
 public:
  DownConverter(const TreeManifest& manifest, const DownConversionOptions& options)
      : manifest_(manifest), options_(options), links_(manifest) {}

  Result<DownConversion> run() {
    ATTACHE_TRY(builder_.reserve(manifest_.file_count(), 0));
    filled_.assign(manifest_.directory_count(), false);
    CanonicalRuns runs(manifest_);
    while (const auto run = runs.next()) {
      path_ = detail::as_prefix(manifest_.path_of(manifest_.file(run->first).directory));
      const std::size_t prefix = path_.size();
      for (std::size_t i = run->first; i < run->last; ++i) {
        path_.resize(prefix);
        path_.append(manifest_.file_name(i));
        const std::size_t before = builder_.size();
        const FileEntry file = manifest_.file(i);
        ATTACHE_TRY(convert(file));
        if (builder_.size() != before) filled_[static_cast<std::size_t>(file.directory)] = true;
      }
    }
    note_directories();
    for (auto* list : {&dropped_.links, &dropped_.collapsed_links, &dropped_.empty_directories, &dropped_.deletions,
                       &dropped_.runnable}) {
      std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return compare_utf16(a, b) < 0; });
    }
    auto manifest = std::move(builder_).build();
    if (!manifest) return fail(manifest.error());
    return DownConversion{*std::move(manifest), std::move(dropped_)};
  }

 private:
  Status convert(const FileEntry& file) {
    switch (file.data.content) {
      case FileContent::kDeleted:
        dropped_.deletions.push_back(path_);
        return {};
      case FileContent::kLink:
        return convert_link(file);
      case FileContent::kHash:
      case FileContent::kChunks:
      case FileContent::kUnhashed:
        return add(path_, path_, file.data);
    }
    return {};
  }

  // `source` is the path that has the content, `path` the one that it gets.
  Status add(const std::string& path, const std::string& source, const FileData& data) {
    Digest hash = data.hash;
    if (data.content == FileContent::kUnhashed) {
      return unsupported(source, "was never hashed", "hash the files first");
    }
    if (data.content == FileContent::kChunks) {
      const auto whole = options_.whole_file_hash ? options_.whole_file_hash(source) : std::nullopt;
      if (!whole) {
        return unsupported(source, "has a hash for each chunk, and none for the whole file",
                           "make the manifest without chunks, from the original files");
      }
      hash = *whole;
    }
    if (data.runnable) dropped_.runnable.push_back(path);
    return builder_.add(path, hash, data.size, data.mtime_us);
  }

  Status convert_link(const FileEntry& link) {
    switch (options_.links) {
      case LinkConversion::kError:
        return unsupported(path_, "is a symbolic link", "say that links are to be excluded or collapsed");
      case LinkConversion::kExclude:
        dropped_.links.push_back(path_);
        return {};
      case LinkConversion::kCollapse:
        break;
    }
    const std::size_t before = builder_.size();
    const std::string path = path_;
    ATTACHE_TRY(links_.collapse(link, path, [this](const std::string& target, std::size_t file) {
      const FileEntry entry = manifest_.file(file);
      return add(target, manifest_.path_of(entry), entry.data);
    }));
    (builder_.size() == before ? dropped_.links : dropped_.collapsed_links).push_back(path);
    return {};
  }

  // Directories that say something by themselves: deleted, or without a file in the result.
  void note_directories() {
    for (std::size_t i = filled_.size() - 1; i >= 1; --i) {
      if (filled_[i]) filled_[static_cast<std::size_t>(manifest_.directory(static_cast<DirectoryId>(i)).parent)] = true;
    }
    for (std::size_t i = 1; i < filled_.size(); ++i) {
      const auto id = static_cast<DirectoryId>(i);
      if (manifest_.directory(id).deleted) {
        dropped_.deletions.push_back(manifest_.path_of(id));
      } else if (!filled_[i]) {
        dropped_.empty_directories.push_back(manifest_.path_of(id));
      }
    }
  }

  const TreeManifest& manifest_;
  const DownConversionOptions& options_;
  detail::LinkCollapse links_;
  ManifestBuilder builder_;
  Dropped dropped_;
  std::string path_;
  std::vector<bool> filled_;  // directories with a file in the result
};

Result<Snapshot> up_converted(const Manifest& manifest) {
  TreeAssembler made(PathStyle::kRelative, ManifestKind::kSnapshot);
  made.reserve(manifest.size(), manifest.path_bytes());
  std::string_view directory;  // of the file before: nearly always that of the next one
  std::uint32_t number = TreeAssembler::kRoot;
  bool known = false;
  for (const ManifestEntry& entry : manifest) {
    const std::size_t slash = entry.path.rfind('/');
    const std::string_view parent = entry.path.substr(0, slash == std::string_view::npos ? 0 : slash);
    TreeAssembler::Place place;
    std::optional<TreeAssembler::Fault> fault;
    if (known && parent == directory && !parent.empty()) {
      place = {number, entry.path.substr(slash + 1)};
      fault = made.check_name(number, place.name);
    } else {
      fault = made.place(entry.path, TreeAssembler::kRoot, place);
    }
    if (fault) {
      return fail(ErrorCode::kInvalidManifest, fmt::format("path {} {}", detail::quoted(entry.path), fault->what),
                  detail::kOtherProgram);
    }
    directory = parent;
    number = place.directory;
    known = true;
    made.add_file(place.directory, place.name, FileData::hashed(entry.hash, entry.size, entry.mtime_us));
  }
  return detail::finish_tree<Snapshot>(std::move(made), ErrorCode::kInvalidManifest);
}

}  // namespace

Result<Snapshot> to_v2025(const Manifest& manifest) {
  return detail::guarded([&] { return up_converted(manifest); });
}

Result<DownConversion> to_v2023(const Snapshot& manifest, const DownConversionOptions& options) {
  return detail::guarded([&] { return DownConverter(manifest, options).run(); });
}

Result<DownConversion> to_v2023(const SnapshotDiff& manifest, const DownConversionOptions& options) {
  return detail::guarded([&] { return DownConverter(manifest, options).run(); });
}

}  // namespace attache
