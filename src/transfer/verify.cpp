#include <attache/exec/detached.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/verify.hpp>

#include "fetch_and_hash.hpp"
#include "needed_contents.hpp"
#include "presence.hpp"

#include <utility>

namespace attache {

namespace {

/// Contents, of which a faulty one takes some allocations.
constexpr std::size_t kStopInterval = 1024;

class Verification {
 public:
  explicit Verification(std::span<const NeededContent> contents) : contents_(contents) {
    report_.contents = contents.size();
    for (const NeededContent& content : contents) report_.bytes += content.size;
  }

  Verification(const Verification&) = delete;
  Verification& operator=(const Verification&) = delete;
  /// A report that nobody gets, since it was cancelled: to give back what a million faults hold takes longer than a
  /// cancelled call may. A thread does it that nobody waits for.
  ~Verification() {
    constexpr std::size_t kMany = 10'000;
    if (report_.faults.size() < kMany) return;
    // Or here, if the system gives no thread.
    start_detached([faults = std::move(report_.faults), uses = std::move(uses_)] {});
  }

  void good(const NeededContent& content, bool legacy) {
    ++report_.good_contents;
    report_.good_bytes += content.size;
    if (legacy) ++report_.legacy_contents;
  }

  void faulty(const NeededContent& content, ContentFault fault, bool legacy, std::uint64_t found_size,
              std::string detail) {
    report_.faults.push_back({.hash = content.hash,
                              .size = content.size,
                              .fault = fault,
                              .key = legacy ? legacy_data_key(content.hash) : data_key(content.hash),
                              .found_size = found_size,
                              .detail = std::move(detail)});
  }

  Status take(const FoundObjects& found, const std::stop_token& stop) {
    report_.requests = found.requests;
    report_.listed = found.listed;
    for (std::size_t i = 0; i < contents_.size(); ++i) {
      if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
      const NeededContent& content = contents_[i];
      const FoundObject& presence = found.presence[i];
      if (presence.kind == FoundObject::Kind::kAbsent) {
        faulty(content, ContentFault::kMissing, false, 0, {});
      } else if (presence.kind == FoundObject::Kind::kUnreadable) {
        faulty(content, ContentFault::kUnreadable, false, 0, "the store cannot say what is there");
      } else if (presence.size != content.size) {
        faulty(content, ContentFault::kWrongSize, presence.legacy, presence.size, {});
      } else {
        good(content, presence.legacy);
      }
    }
    return {};
  }

  Status take(FetchReport found, const std::stop_token& stop) {
    report_.requests = found.requests;
    for (std::size_t i = 0; i < contents_.size(); ++i) {
      if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
      Fetched& fetched = found.fetched[i];
      if (fetched.good) {
        good(contents_[i], fetched.legacy);
      } else {
        faulty(contents_[i], fetched.fault, fetched.legacy, fetched.found_size, std::move(fetched.detail));
      }
    }
    return {};
  }

  Result<VerifyReport> finish(std::span<const AnyManifest> manifests, std::uint64_t chunk_size,
                              const std::stop_token& stop) {
    std::vector<Digest> hashes;
    hashes.reserve(report_.faults.size());
    for (const FaultyContent& fault : report_.faults) hashes.push_back(fault.hash);
    uses_ = uses_of(hashes, manifests, chunk_size, stop);
    if (stop.stop_requested()) return cancelled();
    for (std::size_t i = 0; i < uses_.size(); ++i) report_.faults[i].uses = std::move(uses_[i]);
    return std::move(report_);
  }

 private:
  const std::span<const NeededContent> contents_;
  VerifyReport report_;
  std::vector<std::vector<ContentUse>> uses_;  // of the faults, until they are theirs
};

}  // namespace

std::string_view to_string(ContentFault fault) {
  switch (fault) {
    case ContentFault::kMissing:
      return "missing";
    case ContentFault::kWrongSize:
      return "wrong-size";
    case ContentFault::kWrongContent:
      return "wrong-content";
    case ContentFault::kUnreadable:
      return "unreadable";
  }
  return "unknown";
}

Result<VerifyReport> verify_manifests(std::span<const AnyManifest> manifests, ObjectStore& store,
                                      const VerifyOptions& options, const std::stop_token& stop) {
  ATTACHE_ASSIGN(const std::vector<NeededContent> contents, needed_contents(manifests, options.chunk_size, stop));
  Verification verification(contents);
  ProgressReporter progress(options.progress);
  std::uint64_t bytes = 0;
  for (const NeededContent& content : contents) bytes += content.size;
  progress.set_totals(contents.size(), bytes);
  if (options.content) {
    ATTACHE_ASSIGN(FetchReport found, fetch_and_hash(contents, store, options.threads, progress, stop));
    ATTACHE_TRY(verification.take(std::move(found), stop));
  } else {
    ATTACHE_ASSIGN(const FoundObjects found, find_presence(contents, store, options.lookup, progress, stop));
    ATTACHE_TRY(verification.take(found, stop));
  }
  progress.finish();
  return verification.finish(manifests, options.chunk_size, stop);
}

Result<VerifyReport> verify_manifest(const AnyManifest& manifest, ObjectStore& store, const VerifyOptions& options,
                                     const std::stop_token& stop) {
  return verify_manifests(std::span(&manifest, 1), store, options, stop);
}

}  // namespace attache
