#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file.hpp>

#include "download_plan.hpp"

#include <functional>
#include <span>
#include <stop_token>

namespace attache {

/// Reads at an offset: fills the buffer except at the end of what is read.
using ReadAt = std::function<Result<std::size_t>(std::span<std::byte>, std::uint64_t)>;

/// Reads [begin, end) in blocks of some hundred KiB and gives each to `use`. False if it ends before. kCancelled soon
/// after `stop` fires.
Result<bool> read_blocks(const ReadAt& read, std::uint64_t begin, std::uint64_t end,
                         const std::function<Status(std::span<const std::byte>)>& use, const std::stop_token& stop);

/// Whether what is there is a regular file of the planned size and time.
bool looks_like(const FileStatus& status, const DownloadPlan& plan, const PlannedDownloadFile& file);

/// Whether a file has just that content, every part by its hash.
Result<bool> has_content(const File& file, const DownloadPlan& plan, const PlannedDownloadContent& content,
                         const std::stop_token& stop);

}  // namespace attache
