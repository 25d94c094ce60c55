#include "upload_run.hpp"

#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/s3_store.hpp>

#include "content_source.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

// How often a loop over files looks whether it is to stop.
constexpr std::size_t kStopInterval = 64;

Error blame(const UploadPlan& plan, std::size_t entry, ErrorCode code, const std::string& why) {
  return Error(code, printable(plan.path(entry)) + ": " + why);
}

}  // namespace

// --- before anything is sent -----------------------------------------------------------------------------------------

Status UploadRun::check_sources(const EarlyOutcomes& early, const std::stop_token& stop) const {
  SourceFaults faults;
  for (std::size_t entry = 0; entry < plan_.entries(); ++entry) {
    if (entry % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    if (!plan_.has_content(entry)) continue;
    const UploadContent& first = plan_.contents()[plan_.uses(entry).front()];
    if (!early.empty() && early.contains(first.hash)) continue;
    FileStatus status;
    if (const Status seen = tree_.status(plan_.path(entry), status); !seen) {
      const bool is_absent = seen.error().code() == ErrorCode::kNotFound;
      faults.add(blame(plan_, entry, seen.error().code(), is_absent ? "does not exist" : seen.error().message()));
    } else if (status.kind != FileKind::kRegular) {
      faults.add(blame(plan_, entry, ErrorCode::kSourceChanged, "is not a regular file any more"));
    } else if (status.size != plan_.size(entry)) {
      faults.add(blame(
          plan_, entry, ErrorCode::kSourceChanged,
          "has " + std::to_string(status.size) + " bytes, the manifest says " + std::to_string(plan_.size(entry))));
    }
  }
  if (!faults.any()) return {};
  return fail(faults.to_error(tree_.path(), "cannot be uploaded",
                              early.empty() ? "nothing was sent" : "no manifest was stored",
                              "restore the files, or take a new snapshot and upload that"));
}

void UploadRun::begin(const EarlyOutcomes& early) {
  const auto contents = plan_.contents();
  left_.assign(contents.size(), 1);
  missing_.assign(contents.size(), 0);
  outcomes_.assign(contents.size(), UploadOutcome::kNothing);
  context_.progress.set_totals(plan_.files(), plan_.bytes());
  std::uint64_t own_files = 0;
  std::uint64_t own_bytes = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    own_files += contents[i].ends_entry ? 1 : 0;
    own_bytes += contents[i].size;
    const auto found = early.find(contents[i].hash);
    if (found == early.end()) continue;
    outcomes_[i] = found->second;
    left_[i] = 0;
  }
  context_.progress.skip(plan_.files() - own_files, plan_.bytes() - own_bytes);
}

// --- sending ---------------------------------------------------------------------------------------------------------

Result<UploadReport> UploadRun::run(const EarlyOutcomes& early, const std::stop_token& stop) {
  begin(early);
  ATTACHE_ASSIGN(facts_, context_.existence.survey(plan_.contents(), left_, stop));
  const auto contents = plan_.contents();
  for (std::uint32_t i = 0; i < contents.size(); ++i) {
    if (left_[i] == 0) continue;
    if (facts_.presence[i] == Presence::kAssumed) {
      settle(i, UploadOutcome::kAssumed, 0);
    } else if (facts_.presence[i] == Presence::kThere) {
      if (!context_.options.dry_run) context_.existence.record(contents[i].hash);
      settle(i, UploadOutcome::kPresent, 0);
    } else {
      if (facts_.presence[i] != Presence::kUnknown) note_missing(i);
      (contents[i].size < context_.options.large_from ? small_ : large_).push_back(i);
    }
  }
  // One that started last would leave the other threads idle for its whole length.
  std::stable_sort(large_.begin(), large_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return contents[a].size > contents[b].size; });
  const Status sent = send(stop);
  forget_missing();
  ATTACHE_TRY(sent);
  if (context_.faults.any()) {
    return fail(
        context_.faults.to_error(tree_.path(), "could not be uploaded", "all other contents are stored",
                                 "let whatever writes these files finish, take a new snapshot, and upload that"));
  }
  return report(facts_);
}

Status UploadRun::send(const std::stop_token& stop) {
  if (small_.empty() && large_.empty()) return {};
  // A batch for fewer contents than this is not worth a second thread.
  constexpr std::size_t kWorthAThread = 64;
  const std::size_t small_threads =
      std::min<std::size_t>(small_workers(context_.options, context_.store), chunk_count(small_.size(), kWorthAThread));
  const std::size_t large_threads = std::min<std::size_t>(std::max(context_.options.large_workers, 1U), large_.size());
  WorkerGroup group(static_cast<unsigned>(small_threads + large_threads), stop,
                    [&](unsigned worker, const std::stop_token& inner) { return work(worker < small_threads, inner); });
  return group.join();
}

Status UploadRun::work(bool begins_small, const std::stop_token& stop) {
  if (begins_small) ATTACHE_TRY(send_small(stop));
  for (std::size_t i = next_large_++; i < large_.size(); i = next_large_++) ATTACHE_TRY(send_large(large_[i], stop));
  // What a service is asked at a time is bounded by the threads that began with it.
  if (begins_small || context_.store.is_service()) return {};
  return send_small(stop);
}

class UploadRun::Supply final : public UploadSupply {
 public:
  explicit Supply(UploadRun& run) : run_(run) {}

  std::optional<UploadItem> next() override {
    const std::size_t index = run_.next_small_++;
    if (index >= run_.small_.size()) return std::nullopt;
    const std::uint32_t number = run_.small_[index];
    const UploadContent& content = run_.plan_.contents()[number];
    UploadItem item;
    item.hash = content.hash;
    item.size = content.size;
    item.number = number;
    item.presence = run_.facts_.presence[number];
    item.expected = !run_.facts_.expected.empty() && run_.facts_.expected[number] != 0;
    if (run_.context_.options.keep_times) item.mtime_us = run_.plan_.mtime_us(content.entry);
    return item;
  }

  Status open(const UploadItem& item, ContentSource& source) override {
    const UploadContent& content = run_.plan_.contents()[item.number];
    return source.open(run_.tree_, {.path = run_.plan_.path(content.entry),
                                    .hash = content.hash,
                                    .offset = content.offset,
                                    .size = content.size,
                                    .is_chunk = content.is_chunk});
  }

  void missing(const UploadItem& item) override { run_.note_missing(item.number); }
  void settled(const UploadItem& item, UploadOutcome outcome) override { run_.settle(item.number, outcome, 0); }

 private:
  UploadRun& run_;
};

Status UploadRun::send_small(const std::stop_token& stop) {
  if (next_small_ >= small_.size()) return {};
  Supply supply(*this);
  UploadBatch batch(context_, supply);
  return batch.run(stop);
}

Status UploadRun::send_large(std::uint32_t number, const std::stop_token& stop) {
  if (stop.stop_requested()) return cancelled();
  const UploadContent& content = plan_.contents()[number];
  const std::string key = data_key(content.hash);
  bool replaces = facts_.presence[number] == Presence::kOther;
  if (facts_.presence[number] == Presence::kUnknown) {
    ++context_.tally.heads;
    ATTACHE_ASSIGN(const std::optional<ObjectInfo> found, context_.store.head(key, stop));
    if (found && found->size == content.size) {
      if (!context_.options.dry_run) context_.existence.record(content.hash);
      settle(number, UploadOutcome::kPresent, 0);
      return {};
    }
    replaces = found.has_value();
    note_missing(number);
  }
  const UploadOutcome outcome = replaces ? UploadOutcome::kResent : UploadOutcome::kSent;
  // What a store with its default options does.
  ++context_.tally.large;
  context_.tally.parts += chunk_count(content.size, S3StoreOptions().part_bytes);
  if (context_.options.dry_run) {
    settle(number, outcome, 0);
    return {};
  }
  ContentSource source;
  std::uint64_t reported = 0;
  source.on_bytes([&](std::size_t bytes) {
    reported += bytes;
    context_.progress.add(0, bytes);
  });
  Status status = source.open(tree_, {.path = plan_.path(content.entry),
                                      .hash = content.hash,
                                      .offset = content.offset,
                                      .size = content.size,
                                      .is_chunk = content.is_chunk});
  PutOptions put;
  put.resumption = context_.resumption.get();
  if (context_.options.keep_times) put.mtime_us = plan_.mtime_us(content.entry);
  if (status) status = context_.store.put(key, source, put, stop);
  if (!status) {
    context_.progress.take_back(reported);
    const bool is_of_file = source.has_failed() || status.error().code() == ErrorCode::kSourceChanged;
    if (!is_of_file) return status;
    context_.faults.add(status.error());
    return {};
  }
  context_.existence.record(content.hash);
  settle(number, outcome, reported);
  return {};
}

void UploadRun::settle(std::uint32_t number, UploadOutcome outcome, std::uint64_t bytes_reported) {
  const UploadContent& content = plan_.contents()[number];
  outcomes_[number] = outcome;
  const std::uint64_t files = content.ends_entry ? 1 : 0;
  if (outcome == UploadOutcome::kSent || outcome == UploadOutcome::kResent) {
    context_.progress.add(files, content.size - bytes_reported);
  } else {
    context_.progress.skip(files, content.size);
  }
}

// Rows of the cache that turned out to be wrong and were not made right since.
void UploadRun::forget_missing() {
  if (facts_.expected.empty()) return;
  std::vector<Digest> wrong;
  for (std::size_t i = 0; i < missing_.size(); ++i) {
    const bool is_stored = outcomes_[i] != UploadOutcome::kNothing && !context_.options.dry_run;
    if (missing_[i] != 0 && facts_.expected[i] != 0 && !is_stored) wrong.push_back(plan_.contents()[i].hash);
  }
  context_.existence.drop(wrong);
}

// --- the report ------------------------------------------------------------------------------------------------------

UploadReport UploadRun::report(const ExistenceFacts& facts) const {
  UploadReport report;
  report.files = plan_.files();
  report.bytes = plan_.bytes();
  const auto contents = plan_.contents();
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::uint64_t size = contents[i].size;
    switch (outcomes_[i]) {
      case UploadOutcome::kResent:
        ++report.objects_resent;
        [[fallthrough]];
      case UploadOutcome::kSent:
        ++report.objects_sent;
        report.bytes_sent += size;
        break;
      case UploadOutcome::kPresent:
        ++report.objects_present;
        report.bytes_present += size;
        break;
      case UploadOutcome::kAssumed:
        ++report.objects_assumed;
        report.bytes_assumed += size;
        break;
      case UploadOutcome::kDuplicate:
      case UploadOutcome::kNothing:
        break;
    }
  }
  report.outcomes.assign(plan_.entries(), UploadOutcome::kNothing);
  for (std::size_t entry = 0; entry < plan_.entries(); ++entry) {
    if (!plan_.has_content(entry)) continue;
    UploadOutcome& outcome = report.outcomes[entry];
    outcome = UploadOutcome::kDuplicate;
    for (const std::uint32_t content : plan_.uses(entry)) {
      if (contents[content].entry == entry) outcome = std::min(outcome, outcomes_[content]);
    }
    if (outcome == UploadOutcome::kDuplicate) ++report.duplicates;
  }
  report.bytes_resumed = context_.resumption.bytes();
  report.bytes_sent -= report.bytes_resumed;
  report.trust_refused = facts.trust_refused;
  return report;
}

}  // namespace attache
