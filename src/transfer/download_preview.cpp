#include <attache/transfer/download.hpp>

#include "destination_tree.hpp"
#include "download_journal.hpp"
#include "download_plan.hpp"
#include "download_survey.hpp"

#include <algorithm>
#include <utility>

namespace attache {

std::string_view to_string(DownloadAction action) {
  switch (action) {
    case DownloadAction::kFetch:
      return "fetch";
    case DownloadAction::kCopy:
      return "copy";
    case DownloadAction::kReplace:
      return "replace";
    case DownloadAction::kRename:
      return "rename";
    case DownloadAction::kPresent:
      return "present";
    case DownloadAction::kDiffers:
      return "differs";
    case DownloadAction::kLink:
      return "link";
    case DownloadAction::kDelete:
      return "delete";
  }
  return "unknown";
}

namespace {

DownloadAction action_of(FileState state, DownloadAction if_free) {
  switch (state) {
    case FileState::kWrite:
      return if_free;
    case FileState::kReplace:
      return DownloadAction::kReplace;
    case FileState::kTaken:
      return DownloadAction::kRename;
    case FileState::kPresent:
      return DownloadAction::kPresent;
    case FileState::kDiffers:
      break;
  }
  return DownloadAction::kDiffers;
}

std::uint64_t requests_for(const DownloadPlan& plan, const PlannedDownloadContent& content,
                           const DownloadOptions& options) {
  const std::uint64_t range = std::max<std::uint64_t>(options.small_bytes, 1);
  std::uint64_t requests = 0;
  for (std::size_t index = 0; index < plan.parts_of(content); ++index) {
    const std::uint64_t size = plan.part_of(content, index).size;
    requests += std::max<std::uint64_t>(size / range + (size % range == 0 ? 0 : 1), 1);
  }
  return requests;
}

Result<DownloadPreview> run_preview(const DownloadPlan& plan, const DownloadOptions& options,
                                    const std::stop_token& stop) {
  DestinationTree tree(plan, options.destination, options.open_directories);
  ATTACHE_TRY(tree.open());
  // Without the journals of dead runs: to look into them is to lock them.
  DownloadOptions without_journal = options;
  without_journal.journal = false;
  const DownloadJournal journal(plan, {}, without_journal);
  ATTACHE_ASSIGN(const DownloadSurvey survey, survey_destination(plan, tree, journal, options, stop));
  DownloadPreview preview;
  preview.files_to_write = survey.files_to_write;
  preview.bytes_to_write = survey.bytes_to_write;
  std::vector<bool> is_fetched(plan.contents.size(), false);
  for (std::uint32_t i = 0; i < plan.files.size(); ++i) {
    if (survey.files[i] == FileState::kPresent) is_fetched[plan.files[i].content] = true;
  }
  std::vector<std::pair<std::size_t, PlannedDownload>> entries;
  for (std::uint32_t i = 0; i < plan.files.size(); ++i) {
    const PlannedDownloadFile& file = plan.files[i];
    const PlannedDownloadContent& content = plan.contents[file.content];
    DownloadAction action = action_of(survey.files[i], DownloadAction::kFetch);
    if (survey.writes(i) && !is_fetched[file.content]) {
      is_fetched[file.content] = true;
      preview.bytes_to_fetch += content.size;
      preview.requests += requests_for(plan, content, options);
    } else if (action == DownloadAction::kFetch) {
      action = DownloadAction::kCopy;
    }
    entries.emplace_back(file.entry, PlannedDownload{plan.path_of(file), action, content.size});
  }
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const PlannedLink& link = plan.links[i];
    entries.emplace_back(link.entry, PlannedDownload{plan.path_of(link.directory, link.name),
                                                     action_of(survey.links[i], DownloadAction::kLink), 0});
  }
  for (const PlannedLink& file : plan.deleted_files) {
    ATTACHE_ASSIGN(const DestinationTree::Handle directory, tree.find(file.directory));
    FileStatus status;
    if (!directory || directory->status(file.name.c_str(), status) != 0) continue;
    if (status.kind == FileKind::kDirectory) continue;
    entries.emplace_back(
        file.entry, PlannedDownload{plan.path_of(file.directory, file.name), DownloadAction::kDelete, status.size});
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  preview.files.reserve(entries.size());
  for (auto& entry : entries) preview.files.push_back(std::move(entry.second));
  return preview;
}

}  // namespace

Result<DownloadPreview> preview_download(const Manifest& manifest, const DownloadOptions& options,
                                         std::stop_token stop) {
  ATTACHE_ASSIGN(const DownloadPlan plan, plan_download(manifest, options, stop));
  return run_preview(plan, options, stop);
}

Result<DownloadPreview> preview_download(const TreeManifest& manifest, const DownloadOptions& options,
                                         std::stop_token stop) {
  ATTACHE_ASSIGN(const DownloadPlan plan, plan_download(manifest, options, stop));
  return run_preview(plan, options, stop);
}

}  // namespace attache
