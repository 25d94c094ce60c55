#pragma once

#include <attache/base/result.hpp>
#include <attache/transfer/download.hpp>

#include "destination_tree.hpp"
#include "download_journal.hpp"
#include "download_plan.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

namespace attache {

/// What is to be done about a file, given what is at its path.
enum class FileState : std::uint8_t {
  kWrite,    ///< nothing is there, or something that a new name is found beside
  kReplace,  ///< kOverwrite: something is there
  kTaken,    ///< kCreateCopy: something is there
  kPresent,
  kDiffers,
};

/// What a destination has of a plan. States are decided again when a file gets its name, since the tree may change.
struct DownloadSurvey {
  std::vector<FileState> files;  ///< by file of the plan
  std::vector<FileState> links;
  /// Files that a dead run has written under another name (native bytes).
  std::unordered_map<std::uint32_t, std::string> written_as;
  std::unordered_map<std::size_t, std::string> links_written_as;
  /// A file that is there was found by way of a link.
  bool follows_links = false;
  std::uint64_t files_to_write = 0;
  std::uint64_t bytes_to_write = 0;

  bool writes(std::uint32_t file) const { return files[file] <= FileState::kTaken; }
};

/// Looks at every path of the plan, and refuses what could not be done: the `survey` of download.hpp. Writes nothing.
Result<DownloadSurvey> survey_destination(const DownloadPlan& plan, DestinationTree& tree,
                                          const DownloadJournal& journal, const DownloadOptions& options,
                                          const std::stop_token& stop);

}  // namespace attache
