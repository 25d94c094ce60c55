#include "transfer_cancel_phases.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/testing/object_store_contract.hpp>
#include <attache/transfer/collect_garbage.hpp>
#include <attache/transfer/download.hpp>
#include <attache/transfer/hash_upload.hpp>
#include <attache/transfer/repair.hpp>
#include <attache/transfer/upload.hpp>
#include <attache/transfer/verify.hpp>

#include "transfer_cancel_stores.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace attache::campaign {

namespace fs = std::filesystem;

namespace {

constexpr const char* kManifestKey = "Manifests/of a trial";

enum class TreeKind {
  kEmptyFiles,  ///< 4,000 files without a byte in 1,000 directories
  kSmall,       ///< 2,000 files of 4 KiB
  kFew,         ///< 300 files of 4 KiB
  kSame,        ///< 3,000 files with one content
  kLarge,       ///< a file of 24 MiB, more than one part or range
  kHuge,        ///< a file of 384 MiB, mostly a hole
};

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

void make_files(TreeKind kind, const fs::path& root) {
  const auto numbered = [&](int files, int directories, const auto& content) {
    for (int i = 0; i < files; ++i) {
      write(root / ("d" + std::to_string(i % directories)) / ("f" + std::to_string(i)), content(i));
    }
  };
  const auto noise = [](int seed) { return testing::noise(4096, static_cast<std::uint32_t>(seed + 1)); };
  switch (kind) {
    case TreeKind::kEmptyFiles:
      return numbered(4000, 1000, [](int) { return std::string(); });
    case TreeKind::kSmall:
      return numbered(2000, 40, noise);
    case TreeKind::kFew:
      return numbered(300, 3, noise);
    case TreeKind::kSame:
      return numbered(3000, 10, [](int) { return std::string("the same"); });
    case TreeKind::kLarge:
      return write(root / "large", testing::noise(24 * kMiB));
    case TreeKind::kHuge:
      write(root / "huge", "not only zeros");
      return fs::resize_file(root / "huge", 384 * kMiB);
  }
}

/// What phases share; made when it is first needed.
class Fixtures {
 public:
  Fixtures(fs::path disk, fs::path memory) : disk_(std::move(disk)), memory_(std::move(memory)) {}

  const Tree& tree(TreeKind kind) {
    std::unique_ptr<Tree>& tree = trees_[kind];
    if (tree) return *tree;
    const fs::path root = folder(kind) / ("tree-" + std::to_string(static_cast<int>(kind)));
    make_files(kind, root);
    SnapshotOptions options;
    options.root = root.string();
    auto snapshot = snapshot_tree(options, {});
    must(snapshot ? Status() : Status(fail(snapshot.error())));
    tree = std::make_unique<Tree>(Tree{root, std::move(snapshot->manifest)});
    return *tree;
  }

  /// A directory store with all of the tree's contents. Read only.
  const fs::path& filled_store(TreeKind kind) {
    fs::path& path = stores_[kind];
    if (!path.empty()) return path;
    path = folder(kind) / ("store-" + std::to_string(static_cast<int>(kind)));
    Moment moment;
    directory_box(path, {}, moment)->fill(tree(kind));
    return path;
  }

  /// A million files that are nowhere.
  const Manifest& million() { return std::get<Manifest>(any_million()); }
  const AnyManifest& any_million() {
    if (million_) return *million_;
    ManifestBuilder builder;
    std::string path;
    for (int i = 1'000'000; i < 2'000'000; ++i) {
      path = "shots/s" + std::to_string(i / 500) + "/frame" + std::to_string(i) + ".exr";
      must(builder.add(path, xxh128(path), 1, 1'700'000'000'000'000));
    }
    auto built = std::move(builder).build();
    must(built ? Status() : Status(fail(built.error())));
    million_.emplace(*std::move(built));
    return *million_;
  }

 private:
  const fs::path& folder(TreeKind kind) const { return kind == TreeKind::kHuge ? disk_ : memory_; }

  const fs::path disk_;
  const fs::path memory_;
  std::map<TreeKind, std::unique_ptr<Tree>> trees_;
  std::map<TreeKind, fs::path> stores_;
  std::optional<AnyManifest> million_;
};

using Shared = std::shared_ptr<Fixtures>;

/// The store of a trial: which it is.
using MakeBox = std::function<std::shared_ptr<StoreBox>(const Trial& trial)>;

MakeBox directory(std::string call = {}) {
  return [call](const Trial& trial) { return directory_box(trial.folder / "store", call, trial.moment); };
}
MakeBox filled_directory(const Shared& shared, TreeKind kind) {
  return [=](const Trial& trial) { return directory_box(shared->filled_store(kind), {}, trial.moment); };
}
MakeBox s3(S3Request slow) {
  return [slow](const Trial& trial) { return slow_s3(slow, trial); };
}
MakeBox filled_s3(const Shared& shared, TreeKind kind, S3Request slow) {
  return [=](const Trial& trial) {
    std::shared_ptr<SlowS3> box = slow_s3(slow, trial);
    box->fill(shared->tree(kind));
    return box;
  };
}

template <typename T>
Status status_of(const Result<T>& result) {
  return result ? Status() : Status(fail(result.error()));
}

// --- uploads ---------------------------------------------------------------------------------------------------------

struct UploadCase {
  TreeKind tree;
  bool hashes = false;  ///< hash_upload()
  bool dry_run = false;
  bool forces_check = false;
};

std::function<Session(const Trial&)> upload(const Shared& shared, const MakeBox& make, UploadCase how) {
  return [=](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = make(trial);
    const Tree& tree = shared->tree(how.tree);
    const auto call = [=, &tree](const std::stop_token& stop) {
      UploadOptions options;
      options.root = tree.root.string();
      options.manifest_key = kManifestKey;
      options.dry_run = how.dry_run;
      if (how.forces_check) options.check = CheckCacheUse::kForce;
      if (!how.hashes) return status_of(upload_manifest(tree.manifest, box->store(), options, stop));
      SnapshotOptions scan;
      scan.root = tree.root.string();
      return status_of(hash_upload(scan, box->store(), options, stop));
    };
    Session session{.run = call};
    if (how.dry_run) return session;
    session.check = [box] { return box->check(); };
    session.again = [box, call]() -> Status {
      box->calm();
      ATTACHE_TRY(call({}));
      auto published = box->store().head(kManifestKey, {});
      if (!published || !*published) return fail(ErrorCode::kNotFound, "the manifest is not there");
      return {};
    };
    return session;
  };
}

void add_uploads(std::vector<Phase>& phases, const Shared& shared) {
  const auto any_time = [&](std::string name, const MakeBox& make, UploadCase how) {
    phases.push_back({.name = "upload, " + std::move(name),
                      .begin = upload(shared, make, how),
                      .on_disk = how.tree == TreeKind::kHuge});
  };
  any_time("scanning", directory(), {.tree = TreeKind::kEmptyFiles, .hashes = true, .dry_run = true});
  any_time("hashing small files", directory(), {.tree = TreeKind::kSmall, .hashes = true, .dry_run = true});
  any_time("hashing a large file", directory(), {.tree = TreeKind::kHuge, .hashes = true, .dry_run = true});
  any_time("hashing and sending", directory(), {.tree = TreeKind::kSmall, .hashes = true});
  any_time("asking a directory",
           [shared](const Trial& trial) {
             auto box = directory_box(trial.folder / "store", {}, trial.moment);
             box->fill(shared->tree(TreeKind::kSmall));
             return std::shared_ptr<StoreBox>(std::move(box));
           },
           {.tree = TreeKind::kSmall});
  any_time("small into a directory", directory(), {.tree = TreeKind::kSmall});
  any_time("large into a directory", directory("put Data/"), {.tree = TreeKind::kHuge});
  phases.push_back({.name = "upload, planning a million",
                    .begin =
                        [shared](const Trial& trial) {
                          const std::shared_ptr<StoreBox> box = directory()(trial);
                          const Manifest& manifest = shared->million();
                          UploadOptions options;
                          options.root = trial.folder.string();
                          return Session{.run = [=, &manifest](const std::stop_token& stop) {
                            return status_of(upload_manifest(manifest, box->store(), options, stop));
                          }};
                        },
                    .fails = true});

  const auto in_call = [&](std::string name, const MakeBox& make, UploadCase how, std::uint64_t events = 1) {
    phases.push_back({.name = "upload, " + std::move(name),
                      .begin = upload(shared, make, how),
                      .events = events,
                      .on_disk = how.tree == TreeKind::kHuge});
  };
  in_call("making durable", directory("make_durable"), {.tree = TreeKind::kHuge}, 2);
  in_call("manifest into a directory", directory("put Manifests/"), {.tree = TreeKind::kFew});
  in_call("S3 lists", s3(S3Request::kList), {.tree = TreeKind::kFew});
  in_call("S3 is asked", s3(S3Request::kHead), {.tree = TreeKind::kFew, .forces_check = true}, 100);
  in_call("small to S3", s3(S3Request::kPut), {.tree = TreeKind::kFew}, 100);
  in_call("small to S3 while hashing", s3(S3Request::kPut), {.tree = TreeKind::kSmall, .hashes = true}, 100);
  in_call("parts to S3", s3(S3Request::kPart), {.tree = TreeKind::kLarge}, 3);
  in_call("S3 completes", s3(S3Request::kComplete), {.tree = TreeKind::kLarge});
  in_call("manifest to S3", s3(S3Request::kManifestPut), {.tree = TreeKind::kFew});
}

// --- downloads -------------------------------------------------------------------------------------------------------

std::function<Session(const Trial&)> download(const Shared& shared, const MakeBox& make, TreeKind kind,
                                              std::function<void(DownloadOptions&, const Trial&)> adapt = {}) {
  return [=](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = make(trial);
    const Tree& tree = shared->tree(kind);
    DownloadOptions options;
    options.destination = (trial.folder / "restored").string();
    options.journal_directory = (trial.folder / "journals").string();
    // Else what is there already would be no one's business, and every second run would make copies.
    options.conflict = ConflictResolution::kOverwrite;
    if (adapt) adapt(options, trial);
    const auto call = [=, &tree](const std::stop_token& stop) {
      return status_of(download_manifest(tree.manifest, box->store(), options, stop));
    };
    Session session{.run = call};
    session.check = [options, &tree] { return check_restored(options.destination, tree.manifest); };
    session.again = [=, &tree]() -> Status {
      box->calm();
      ATTACHE_TRY(call({}));
      std::size_t files = 0;
      for (const auto& file : fs::recursive_directory_iterator(options.destination)) {
        files += file.is_regular_file() ? 1 : 0;
      }
      if (files == tree.manifest.size()) return {};
      return fail(ErrorCode::kIntegrity, std::to_string(files) + " files are there, or something is left over");
    };
    return session;
  };
}

/// A diff that removes what is there.
std::function<Session(const Trial&)> deletions() {
  return [](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = directory()(trial);
    const auto destination = trial.folder / "restored";
    TreeBuilder<SnapshotDiff> builder;
    for (int i = 0; i < 3000; ++i) {
      const std::string path = "d" + std::to_string(i % 10) + "/f" + std::to_string(i);
      write(destination / path, "gone");
      must(builder.add_file(path, FileData::deleted()));
    }
    auto built = std::move(builder).build(xxh128("the parent"));
    must(status_of(built));
    const auto diff = std::make_shared<SnapshotDiff>(*std::move(built));
    DownloadOptions options;
    options.destination = destination.string();
    options.journal_directory = (trial.folder / "journals").string();
    options.apply_deletions = true;
    const auto call = [=](const std::stop_token& stop) {
      return status_of(download_manifest(*diff, box->store(), options, stop));
    };
    return Session{.run = call, .again = [=]() -> Status {
                     ATTACHE_TRY(call({}));
                     for (const auto& file : fs::recursive_directory_iterator(destination)) {
                       if (file.is_regular_file())
                         return fail(ErrorCode::kIntegrity, file.path().string() + " is left");
                     }
                     return {};
                   }};
  };
}

std::function<Session(const Trial&)> links() {
  return [](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = directory()(trial);
    TreeBuilder<Snapshot> builder;
    for (int i = 0; i < 3000; ++i) {
      must(builder.add_file("d" + std::to_string(i % 10) + "/l" + std::to_string(i), FileData::link("d0/target")));
    }
    auto built = std::move(builder).build();
    must(status_of(built));
    const auto tree = std::make_shared<Snapshot>(*std::move(built));
    DownloadOptions options;
    options.destination = (trial.folder / "restored").string();
    options.journal_directory = (trial.folder / "journals").string();
    const auto call = [=](const std::stop_token& stop) {
      return status_of(download_manifest(*tree, box->store(), options, stop));
    };
    return Session{.run = call, .again = [call] { return call({}); }};
  };
}

/// What is restored already.
void restore(const Tree& tree, const fs::path& destination) {
  for (const ManifestEntry& entry : tree.manifest) {
    const fs::path path = destination / entry.path;
    fs::create_directories(path.parent_path());
    fs::copy_file(tree.root / entry.path, path);
    fs::last_write_time(path, fs::last_write_time(tree.root / entry.path));
  }
}

/// A cache with 3,000 objects more than it may hold.
void fill_cache(DownloadOptions& options, const Trial& trial) {
  options.object_cache = (trial.folder / "cache").string();
  options.object_cache_bytes = 10'000;
  for (int i = 0; i < 3000; ++i) {
    const std::string hash = xxh128(std::to_string(i)).to_hex();
    write(trial.folder / "cache" / hash.substr(0, 2) / (hash + ".xxh128"), "cached for a long time");
  }
}

void add_downloads(std::vector<Phase>& phases, const Shared& shared) {
  const auto any_time = [&](std::string name, std::function<Session(const Trial&)> begin, bool on_disk = false) {
    phases.push_back({.name = "download, " + std::move(name), .begin = std::move(begin), .on_disk = on_disk});
  };
  phases.push_back({.name = "download, planning a million",
                    .begin =
                        [shared](const Trial& trial) {
                          const std::shared_ptr<StoreBox> box = directory()(trial);
                          const Manifest& manifest = shared->million();
                          DownloadOptions options;
                          options.destination = (trial.folder / "restored").string();
                          options.journal_directory = (trial.folder / "journals").string();
                          return Session{.run = [=, &manifest](const std::stop_token& stop) {
                            return status_of(download_manifest(manifest, box->store(), options, stop));
                          }};
                        },
                    .fails = true});
  const auto from = [&](TreeKind kind) { return filled_directory(shared, kind); };
  const auto is_there = [shared](TreeKind kind) {
    return [shared, kind](DownloadOptions& options, const Trial&) {
      options.verify = true;
      restore(shared->tree(kind), options.destination);
    };
  };
  any_time("surveying small files",
           download(shared, from(TreeKind::kSmall), TreeKind::kSmall, is_there(TreeKind::kSmall)));
  any_time("surveying a large file",
           download(shared, from(TreeKind::kHuge), TreeKind::kHuge, is_there(TreeKind::kHuge)), true);
  any_time("small from a directory", download(shared, from(TreeKind::kSmall), TreeKind::kSmall));
  any_time("large from a directory", download(shared, from(TreeKind::kHuge), TreeKind::kHuge), true);
  any_time("delivering one content", download(shared, from(TreeKind::kSame), TreeKind::kSame));
  any_time("links", links());
  any_time("deletions", deletions());
  any_time("trimming a cache", download(shared, from(TreeKind::kFew), TreeKind::kFew, fill_cache));
  any_time("going on",
           download(shared, from(TreeKind::kHuge), TreeKind::kHuge,
                    [shared](DownloadOptions& options, const Trial& trial) {
                      // A run that was stopped when the file was half there.
                      std::stop_source stop;
                      DownloadOptions first = options;
                      first.progress = [&](const Progress& progress) {
                        if (progress.bytes_done > 100 * kMiB) stop.request_stop();
                      };
                      const auto box = filled_directory(shared, TreeKind::kHuge)(trial);
                      static_cast<void>(download_manifest(shared->tree(TreeKind::kHuge).manifest, box->store(), first,
                                                          stop.get_token()));
                    }),
           true);
  phases.push_back({.name = "download, small from S3",
                    .begin = download(shared, filled_s3(shared, TreeKind::kFew, S3Request::kGet), TreeKind::kFew),
                    .events = 100});
  phases.push_back({.name = "download, ranges from S3",
                    .begin = download(shared, filled_s3(shared, TreeKind::kLarge, S3Request::kGet), TreeKind::kLarge),
                    .events = 3});
}

// --- verify, repair, collect garbage ---------------------------------------------------------------------------------

std::function<Session(const Trial&)> verify(const Shared& shared, const MakeBox& make, TreeKind kind,
                                            VerifyOptions options) {
  return [=](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = make(trial);
    auto document = encode_v2023(shared->tree(kind).manifest);
    auto manifest = std::make_shared<AnyManifest>(decode_v2023(*document).value());
    const auto call = [=](const std::stop_token& stop) -> Status {
      ATTACHE_ASSIGN(const VerifyReport report, verify_manifest(*manifest, box->store(), options, stop));
      return report.good() ? Status() : Status(fail(ErrorCode::kIntegrity, "not all is there"));
    };
    return Session{.run = call, .again = [=] {
                     box->calm();
                     return call({});
                   }};
  };
}

/// What the tree has and the store lacks; `other`: where it comes from instead.
std::function<Session(const Trial&)> repair(const Shared& shared, const MakeBox& make, TreeKind kind,
                                            const MakeBox& other = {}) {
  return [=](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = make(trial);
    const std::shared_ptr<StoreBox> from = other ? other(trial) : nullptr;
    const Tree& tree = shared->tree(kind);
    auto document = encode_v2023(tree.manifest);
    auto manifest = std::make_shared<AnyManifest>(decode_v2023(*document).value());
    const auto call = [=, &tree](const std::stop_token& stop) -> Status {
      RepairOptions options;
      if (from) {
        options.from = &from->store();
      } else {
        options.root = tree.root.string();
      }
      ATTACHE_ASSIGN(const RepairReport report,
                     repair_manifests(std::span(manifest.get(), 1), box->store(), options, stop));
      return report.unrepaired.empty() ? Status() : Status(fail(ErrorCode::kIntegrity, "not all was repaired"));
    };
    return Session{.run = call,
                   .check = [box] { return box->check(); },
                   .again =
                       [=] {
                         box->calm();
                         if (from) from->calm();
                         return call({});
                       }};
  };
}

/// A store whose one manifest names nothing of what is in it.
std::function<Session(const Trial&)> garbage(const Shared& shared, const MakeBox& make, TreeKind kind) {
  return [=](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = make(trial);
    box->fill(shared->tree(kind));
    ManifestBuilder builder;
    must(builder.add("kept", xxh128("kept"), 4, 0));
    const std::string document = encode_v2023(std::move(builder).build().value()).value();
    for (const auto& [key, content] : {std::pair<std::string, std::string>(kManifestKey, document),
                                       std::pair<std::string, std::string>(data_key(xxh128("kept")), "kept")}) {
      MemorySource source(std::as_bytes(std::span(content)));
      must(box->store().put(key, source, {}, {}));
    }
    const auto call = [=](const std::stop_token& stop) -> Status {
      GarbageOptions options;
      options.all_manifests = true;
      options.remove = true;
      options.min_age = std::chrono::seconds(0);
      options.clock = [] { return std::chrono::system_clock::now() + std::chrono::hours(1); };
      ATTACHE_ASSIGN(const GarbageReport report, collect_garbage(box->store(), options, stop));
      return report.failures.empty() ? Status() : Status(fail(report.failures.front().error));
    };
    return Session{.run = call,
                   .check = [box] { return box->check(); },
                   .again =
                       [=] {
                         box->calm();
                         return call({});
                       }};
  };
}

void add_upkeep(std::vector<Phase>& phases, const Shared& shared) {
  const auto any_time = [&](std::string name, std::function<Session(const Trial&)> begin, bool on_disk = false) {
    phases.push_back({.name = std::move(name), .begin = std::move(begin), .on_disk = on_disk});
  };
  const auto in_request = [&](std::string name, std::function<Session(const Trial&)> begin, std::uint64_t events = 1) {
    phases.push_back({.name = std::move(name), .begin = std::move(begin), .events = events});
  };
  const auto of_directory = [&](TreeKind kind) { return filled_directory(shared, kind); };
  any_time("verify, a directory", verify(shared, of_directory(TreeKind::kSmall), TreeKind::kSmall, {}));
  any_time("verify, small contents",
           verify(shared, of_directory(TreeKind::kSmall), TreeKind::kSmall, {.content = true}));
  any_time("verify, a large content",
           verify(shared, of_directory(TreeKind::kHuge), TreeKind::kHuge, {.content = true}));
  any_time("verify, a million files", [shared](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = directory()(trial);
    return Session{.run = [=](const std::stop_token& stop) {
      // Listed: to ask a directory a million times is another phase. That nothing is there makes a million faults.
      return status_of(verify_manifest(shared->any_million(), box->store(), {.lookup = ContentLookup::kList}, stop));
    }};
  });
  const auto of_s3 = [&](S3Request slow, TreeKind kind = TreeKind::kFew) { return filled_s3(shared, kind, slow); };
  in_request("verify, S3 lists", verify(shared, of_s3(S3Request::kList), TreeKind::kFew, {}));
  in_request("verify, S3 is asked",
             verify(shared, of_s3(S3Request::kHead), TreeKind::kFew, {.lookup = ContentLookup::kHead}), 100);
  in_request("verify, small from S3", verify(shared, of_s3(S3Request::kGet), TreeKind::kFew, {.content = true}), 100);
  in_request("verify, ranges from S3",
             verify(shared, of_s3(S3Request::kGet, TreeKind::kLarge), TreeKind::kLarge, {.content = true}), 3);

  any_time("repair, small into a directory", repair(shared, directory(), TreeKind::kSmall));
  any_time("repair, large into a directory", repair(shared, directory(), TreeKind::kHuge), true);
  any_time("repair, large from a directory",
           repair(shared, directory(), TreeKind::kHuge, of_directory(TreeKind::kHuge)), true);
  in_request("repair, small to S3", repair(shared, s3(S3Request::kPut), TreeKind::kFew), 10);
  in_request("repair, parts to S3", repair(shared, s3(S3Request::kPart), TreeKind::kLarge), 3);
  in_request("repair, ranges from S3",
             repair(shared, directory(), TreeKind::kLarge, of_s3(S3Request::kGet, TreeKind::kLarge)));

  any_time("gc, a directory", garbage(shared, directory(), TreeKind::kSmall));
  any_time("gc, a million hashes", [shared](const Trial& trial) {
    const std::shared_ptr<StoreBox> box = directory()(trial);
    return Session{.run = [=](const std::stop_token& stop) {
      GarbageOptions options;
      options.manifests = std::span(&shared->any_million(), 1);
      return status_of(collect_garbage(box->store(), options, stop));
    }};
  });
  in_request("gc, S3 lists", garbage(shared, s3(S3Request::kList), TreeKind::kFew), 2);
  in_request("gc, manifests from S3", garbage(shared, s3(S3Request::kManifestGet), TreeKind::kFew));
  in_request("gc, S3 deletes", garbage(shared, s3(S3Request::kDelete), TreeKind::kFew));
}

}  // namespace

std::vector<Phase> transfer_phases(const std::filesystem::path& disk, const std::filesystem::path& memory) {
  const auto shared = std::make_shared<Fixtures>(disk, memory);
  std::vector<Phase> phases;
  add_uploads(phases, shared);
  add_downloads(phases, shared);
  add_upkeep(phases, shared);
  return phases;
}

}  // namespace attache::campaign
