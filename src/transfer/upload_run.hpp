#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>

#include "source_tree.hpp"
#include "upload_batch.hpp"
#include "upload_context.hpp"
#include "upload_plan.hpp"

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace attache {

/// What was settled before the manifest was known.
using EarlyOutcomes = std::unordered_map<Digest, UploadOutcome>;

/// The stages of an upload from its plan to its report, without the manifest object. Once.
class UploadRun {
 public:
  /// All must outlive it.
  UploadRun(const UploadPlan& plan, const SourceTree& tree, UploadContext& context)
      : plan_(plan), tree_(tree), context_(context) {}

  /// Looks at every file before anything is sent. Files of contents in `early` are passed over: they were just read.
  Status check_sources(const EarlyOutcomes& early, const std::stop_token& stop) const;

  Result<UploadReport> run(const EarlyOutcomes& early, const std::stop_token& stop);

 private:
  class Supply;

  void begin(const EarlyOutcomes& early);
  Status send(const std::stop_token& stop);
  Status work(bool begins_small, const std::stop_token& stop);
  Status send_large(std::uint32_t number, const std::stop_token& stop);
  Status send_small(const std::stop_token& stop);
  void note_missing(std::uint32_t content) { missing_[content] = 1; }
  void settle(std::uint32_t number, UploadOutcome outcome, std::uint64_t bytes_reported);
  void forget_missing();
  UploadReport report(const ExistenceFacts& facts) const;

  const UploadPlan& plan_;
  const SourceTree& tree_;
  UploadContext& context_;
  ExistenceFacts facts_;
  std::vector<std::uint8_t> left_;  ///< of each content: not settled yet
  std::vector<std::uint8_t> missing_;
  std::vector<UploadOutcome> outcomes_;  ///< of each content; kNothing: not settled
  std::vector<std::uint32_t> small_;
  std::vector<std::uint32_t> large_;
  std::atomic<std::size_t> next_small_{0};
  std::atomic<std::size_t> next_large_{0};
};

}  // namespace attache
