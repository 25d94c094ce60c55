#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/repair.hpp>

#include "checked_sources.hpp"
#include "source_tree.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace attache {

namespace {

/// Of one content many files may be named: enough reasons to see why.
constexpr std::size_t kMostReasons = 10;

/// Whether the next content may be better off: not if the other store cannot be reached at all.
bool is_of_one_content(ErrorCode code) {
  return code != ErrorCode::kCancelled && code != ErrorCode::kNetwork && code != ErrorCode::kService &&
         code != ErrorCode::kUnauthenticated && code != ErrorCode::kOutOfMemory;
}

/// What was made of one fault.
struct Attempt {
  std::optional<std::string> source;  ///< it is repaired
  std::vector<std::string> reasons{};

  void failed(std::string reason) {
    if (reasons.size() < kMostReasons) reasons.push_back(std::move(reason));
  }
};

class Repairer {
 public:
  Repairer(ObjectStore& store, const SourceTree* tree, ObjectStore* other, ProgressReporter& progress)
      : store_(store), tree_(tree), other_(other), progress_(progress) {}

  /// An error ends the work: it is of the store that is repaired, or kCancelled.
  Status repair(const FaultyContent& fault, Attempt& attempt, const std::stop_token& stop) {
    if (tree_ != nullptr) {
      for (const ContentUse& use : fault.uses) {
        ATTACHE_TRY(from_file(fault, use, attempt, stop));
        if (attempt.source) return {};
      }
    }
    if (other_ != nullptr) return from_store(fault, attempt, stop);
    return {};
  }

 private:
  Status from_file(const FaultyContent& fault, const ContentUse& use, Attempt& attempt, const std::stop_token& stop) {
    std::string_view below = use.path;
    if (below.starts_with('/')) {
      if (tree_->path() != "/") {
        attempt.failed("'" + printable(use.path) + "' is absolute, and so it is looked for below '/' only");
        return {};
      }
      below.remove_prefix(1);
    }
    const Result<RelativePath> path = RelativePath::parse(below);
    if (!path) return refuse(attempt, path.error());
    const std::optional<std::string> native = to_posix_bytes(below);
    if (!native) {
      attempt.failed("no file of this system can have the path '" + printable(use.path) + "'");
      return {};
    }
    const std::string name = "'" + printable(from_posix_bytes(tree_->in_full(*native))) + "'";
    FileStatus status;
    if (const Status found = tree_->status(*native, status); !found) {
      if (found.error().code() != ErrorCode::kNotFound) return refuse(attempt, found.error());
      attempt.failed(name + " is not there");
      return {};
    }
    if (status.kind != FileKind::kRegular) {
      attempt.failed(name + " is no regular file");
      return {};
    }
    if (status.size != use.file_size) {
      attempt.failed(name + " is " + std::to_string(status.size) + " bytes long, the manifest says " +
                     std::to_string(use.file_size));
      return {};
    }
    Result<OpenFile> file = tree_->open_file(*native);
    if (!file) return refuse(attempt, file.error());
    FileRangeSource source(*std::move(file), name, use.offset, {fault.hash, fault.size}, on_bytes());
    return send(fault, source, tree_->in_full(*native), attempt, stop);
  }

  Status from_store(const FaultyContent& fault, Attempt& attempt, const std::stop_token& stop) {
    OtherStoreSource source(*other_, {fault.hash, fault.size}, on_bytes(), stop);
    ATTACHE_TRY(send(fault, source, "", attempt, stop));
    if (attempt.source) attempt.source = source.name();
    return {};
  }

  Status send(const FaultyContent& fault, CheckedSource& source, std::string name, Attempt& attempt,
              const std::stop_token& stop) {
    Status sent = store_.put(data_key(fault.hash), source, {}, stop);
    if (sent) {
      attempt.source = std::move(name);
      progress_.add(1, 0);
      return {};
    }
    progress_.take_back(source.bytes_read());
    if (source.error() && is_of_one_content(source.error()->code())) return refuse(attempt, *source.error());
    return sent;
  }

  static Status refuse(Attempt& attempt, const Error& error) {
    attempt.failed(error.message());
    return {};
  }

  std::function<void(std::uint64_t)> on_bytes() {
    return [this](std::uint64_t bytes) { progress_.add(0, bytes); };
  }

  ObjectStore& store_;
  const SourceTree* tree_;
  ObjectStore* other_;
  ProgressReporter& progress_;
};

}  // namespace

Result<RepairReport> repair_manifests(std::span<const AnyManifest> manifests, ObjectStore& store,
                                      const RepairOptions& options, const std::stop_token& stop) {
  if (options.root.empty() && options.from == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "there is nothing to repair the store from",
                "name the tree that the manifests were made of, or another store");
  }
  std::optional<SourceTree> tree;
  if (!options.root.empty()) {
    ATTACHE_ASSIGN(SourceTree opened, SourceTree::open(options.root));
    tree.emplace(std::move(opened));
  }
  RepairReport report;
  ATTACHE_ASSIGN(report.found, verify_manifests(manifests, store, options.verify, stop));
  const std::vector<FaultyContent>& faults = report.found.faults;
  if (faults.empty()) return report;

  ProgressReporter progress(options.progress);
  std::uint64_t bytes = 0;
  for (const FaultyContent& fault : faults) bytes += fault.size;
  progress.set_totals(faults.size(), bytes);
  std::vector<Attempt> attempts(faults.size());
  std::atomic<std::size_t> at{0};
  Repairer repairer(store, tree ? &*tree : nullptr, options.from, progress);
  const auto workers = static_cast<unsigned>(std::clamp<std::size_t>(faults.size(), 1, std::max(options.workers, 1U)));
  WorkerGroup group(workers, stop, [&](unsigned /*worker*/, const std::stop_token& stopped) -> Status {
    for (;;) {
      const std::size_t mine = at++;
      if (mine >= faults.size()) return {};
      if (stopped.stop_requested()) return cancelled();
      ATTACHE_TRY(repairer.repair(faults[mine], attempts[mine], stopped));
    }
  });
  ATTACHE_TRY(group.join());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Attempt& attempt = attempts[i];
    if (attempt.source) {
      report.bytes_sent += faults[i].size;
      report.repaired.push_back({faults[i], *std::move(attempt.source)});
    } else {
      report.unrepaired.push_back({faults[i], std::move(attempt.reasons)});
    }
  }
  if (!report.repaired.empty()) ATTACHE_TRY(store.make_durable(stop));
  progress.finish();
  return report;
}

}  // namespace attache
