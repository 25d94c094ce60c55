#include <attache/exec/worker_group.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/request_log.hpp>
#include <attache/transfer/hash_upload.hpp>
#include <attache/transfer/upload.hpp>

#include "content_feed.hpp"
#include "source_tree.hpp"
#include "upload_context.hpp"
#include "upload_plan.hpp"
#include "upload_run.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>

namespace attache {

std::string_view to_string(UploadOutcome outcome) {
  switch (outcome) {
    case UploadOutcome::kSent:
      return "sent";
    case UploadOutcome::kResent:
      return "resent";
    case UploadOutcome::kPresent:
      return "present";
    case UploadOutcome::kAssumed:
      return "assumed";
    case UploadOutcome::kDuplicate:
      return "duplicate";
    case UploadOutcome::kNothing:
      return "nothing";
  }
  return "unknown";
}

std::string_view reason(UploadOutcome outcome) {
  switch (outcome) {
    case UploadOutcome::kSent:
      return "not in the store";
    case UploadOutcome::kResent:
      return "in the store with another size";
    case UploadOutcome::kPresent:
      return "in the store";
    case UploadOutcome::kAssumed:
      return "in the store as far as the check cache knows";
    case UploadOutcome::kDuplicate:
      return "the same content as a file before it";
    case UploadOutcome::kNothing:
      return "without content";
  }
  return "unknown";
}

double UploadRequests::estimated_cost() const {
  const RequestPrices prices;
  // A large object is created and completed.
  const auto of_put = static_cast<double>(lists + puts + parts + 2 * large);
  return (of_put * prices.put_copy_post_list + static_cast<double>(heads) * prices.get_and_others) / 1000.0;
}

void UploadReport::add(const UploadReport& other) {
  files += other.files;
  bytes += other.bytes;
  objects_sent += other.objects_sent;
  bytes_sent += other.bytes_sent;
  bytes_resumed += other.bytes_resumed;
  objects_present += other.objects_present;
  bytes_present += other.bytes_present;
  objects_assumed += other.objects_assumed;
  bytes_assumed += other.bytes_assumed;
  objects_resent += other.objects_resent;
  duplicates += other.duplicates;
  trust_refused = trust_refused || other.trust_refused;
  requests.lists += other.requests.lists;
  requests.heads += other.requests.heads;
  requests.puts += other.requests.puts;
  requests.parts += other.requests.parts;
  requests.large += other.requests.large;
}

namespace {

Status encode(const Manifest& manifest, const ManifestSink& sink) {
  return encode_v2023(manifest, sink);
}
Status encode(const TreeManifest& manifest, const ManifestSink& sink) {
  return encode_v2025(manifest, sink);
}

/// The canonical bytes. By the piece, as those of a million entries take longer than a cancelled call may.
template <typename M>
Result<std::string> document_of(const M& manifest, const std::stop_token& stop) {
  std::string document;
  ATTACHE_TRY(encode(manifest, [&](std::string_view piece) -> Status {
    if (stop.stop_requested()) return cancelled();
    document += piece;
    return {};
  }));
  return document;
}

/// A manifest's paths begin at the root, or at `/`.
std::string root_of(const Manifest&, const UploadOptions& options) {
  return options.root;
}
std::string root_of(const TreeManifest& manifest, const UploadOptions& options) {
  return manifest.style() == PathStyle::kAbsolute ? "/" : options.root;
}

Result<UploadPlan> plan_of(const Manifest& manifest, const UploadOptions&, const std::stop_token& stop) {
  return UploadPlan::make(manifest, stop);
}
Result<UploadPlan> plan_of(const TreeManifest& manifest, const UploadOptions& options, const std::stop_token& stop) {
  return UploadPlan::make(manifest, options.chunk_size, stop);
}

template <typename M>
Status publish(const M& manifest, UploadContext& context, const std::stop_token& stop) {
  const UploadOptions& options = context.options;
  if (options.dry_run) {
    if (options.manifest_key) ++context.tally.puts;
    return {};
  }
  // The order is the promise: whoever can see the manifest can get everything it names, also after a power failure.
  ATTACHE_TRY(context.store.make_durable(stop));
  if (!options.manifest_key) return {};
  ATTACHE_ASSIGN(const std::string document, document_of(manifest, stop));
  MemorySource source(std::as_bytes(std::span(document)));
  PutOptions put;
  put.metadata = options.manifest_metadata;
  put.content_type = options.manifest_content_type;
  ++context.tally.puts;
  ATTACHE_TRY(context.store.put(*options.manifest_key, source, put, stop));
  return context.store.make_durable(stop);
}

/// From the manifest to the end.
template <typename M>
Result<UploadReport> finish(const M& manifest, UploadContext& context, const EarlyOutcomes& early,
                            const std::stop_token& stop) {
  ATTACHE_ASSIGN(const UploadPlan plan, plan_of(manifest, context.options, stop));
  ATTACHE_ASSIGN(const SourceTree tree, SourceTree::open(root_of(manifest, context.options)));
  UploadRun run(plan, tree, context);
  ATTACHE_TRY(run.check_sources(early, stop));
  Result<UploadReport> report = run.run(early, stop);
  // What was acknowledged is known from now on, also if something else failed.
  if (context.options.check_cache != nullptr) context.options.check_cache->flush();
  if (!report) return report;
  ATTACHE_TRY(publish(manifest, context, stop));
  report->requests = context.tally.requests();
  context.progress.finish();
  return report;
}

template <typename M>
Result<UploadReport> upload(const M& manifest, ObjectStore& store, const UploadOptions& options,
                            const std::stop_token& stop) {
  ProgressReporter progress(options.progress);
  UploadContext context{.store = store, .options = options, .progress = progress};
  return finish(manifest, context, {}, stop);
}

/// Scans with `scan_tree` and sends meanwhile what is read.
template <typename M, typename Scan>
Result<ScanResult<M>> scan_and_send(SnapshotOptions scan, Scan scan_tree, UploadContext& context, EarlyOutcomes& early,
                                    const std::stop_token& stop) {
  std::stop_source failed;
  const std::stop_callback link(stop, [&] { failed.request_stop(); });
  ContentFeed feed(context, failed.get_token());
  const unsigned senders = small_workers(context.options, context.store);
  std::vector<EarlyOutcomes> outcomes(senders);
  WorkerGroup group(senders, stop, [&](unsigned worker, const std::stop_token& inner) -> Status {
    // Also of one that threw, such as for want of memory: the scan would wait for it for ever.
    struct Ending {
      std::stop_source& failed;
      bool is_good = false;
      ~Ending() {
        if (!is_good) failed.request_stop();
      }
    } ending{failed};
    Status status = feed.run_sender(outcomes[worker], inner);
    ending.is_good = status.has_value();
    return status;
  });
  scan.tap = &feed;
  Result<ScanResult<M>> scanned = scan_tree(scan, failed.get_token());
  feed.close();
  const Status sent = group.join();
  if (!sent) return fail(sent.error());
  if (!scanned) return scanned;
  for (EarlyOutcomes& part : outcomes) early.merge(part);
  return scanned;
}

template <typename M, typename Scan>
Result<HashUpload<M>> hash_and_upload(const SnapshotOptions& scan, Scan scan_tree, ObjectStore& store,
                                      const UploadOptions& given, const std::stop_token& stop) {
  UploadOptions options = given;
  options.root = scan.root;
  options.chunk_size = scan.chunk_size;
  ProgressReporter progress(options.progress);
  UploadContext context{.store = store, .options = options, .progress = progress};
  EarlyOutcomes early;
  Result<ScanResult<M>> scanned =
      options.dry_run ? scan_tree(scan, stop) : scan_and_send<M>(scan, scan_tree, context, early, stop);
  if (!scanned) return fail(std::move(scanned).error());
  ATTACHE_ASSIGN(UploadReport report, finish(scanned->manifest, context, early, stop));
  return HashUpload<M>{*std::move(scanned), std::move(report)};
}

}  // namespace

Result<UploadReport> upload_manifest(const Manifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop) {
  return upload(manifest, store, options, stop);
}

Result<UploadReport> upload_manifest(const TreeManifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop) {
  return upload(manifest, store, options, stop);
}

Result<HashUpload<Manifest>> hash_upload(const SnapshotOptions& scan, ObjectStore& store, const UploadOptions& options,
                                         std::stop_token stop) {
  const auto scan_tree = [](const SnapshotOptions& how, const std::stop_token& token) {
    return snapshot_tree(how, token);
  };
  return hash_and_upload<Manifest>(scan, scan_tree, store, options, stop);
}

Result<HashUpload<Snapshot>> hash_upload_v2025(const SnapshotOptions& scan, ObjectStore& store,
                                               const UploadOptions& options, std::stop_token stop) {
  const auto scan_tree = [](const SnapshotOptions& how, const std::stop_token& token) {
    return snapshot_tree_v2025(how, token);
  };
  return hash_and_upload<Snapshot>(scan, scan_tree, store, options, stop);
}

}  // namespace attache
