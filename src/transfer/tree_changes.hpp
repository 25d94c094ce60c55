#pragma once

#include <attache/base/result.hpp>
#include <attache/transfer/download.hpp>

#include "content_fetcher.hpp"

#include <stop_token>

namespace attache {

// What a download does beside files. Each in one thread.

/// Removes what the plan deletes: files and links, then directories that are empty, the deepest first.
Status apply_deletions(const DownloadContext& context, DownloadReport& report, const std::stop_token& stop);

/// Makes the directories that the manifest lists.
Status make_directories(const DownloadContext& context, const std::stop_token& stop);

/// Makes the links, after everything else is there, so that nothing is reached through them. Adds them to the files of
/// the context.
Status make_links(DownloadContext& context, const std::stop_token& stop);

/// Group and modes of the directories on the way to what was written.
Status set_directory_permissions(const DownloadContext& context, const std::stop_token& stop);

}  // namespace attache
