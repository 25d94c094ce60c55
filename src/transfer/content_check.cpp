#include "content_check.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/hash/xxh3.hpp>

#include <algorithm>
#include <vector>

namespace attache {

namespace {

/// Large enough that the system call does not show, small enough for the second-level cache.
constexpr std::uint64_t kBlock = 256 * kKiB;

/// A manifest restores times to the microsecond, but the incumbent's download loses up to one (incumbent defect 17): a
/// tree that it restored must count as present.
bool same_time(std::int64_t a_us, std::int64_t b_us) {
  const std::int64_t low = std::min(a_us, b_us);
  const std::int64_t high = std::max(a_us, b_us);
  return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) <= 1;
}

/// A manifest has any time, a status those from 1678 to 2262: what is beyond is the first or the last of them there.
std::int64_t as_a_status_has_it(std::int64_t mtime_us) {
  FileStatus first;
  FileStatus last;
  first.mtime_ns = INT64_MIN;
  last.mtime_ns = INT64_MAX;
  return std::clamp(mtime_us, first.mtime_us(), last.mtime_us());
}

}  // namespace

Result<bool> read_blocks(const ReadAt& read, std::uint64_t begin, std::uint64_t end,
                         const std::function<Status(std::span<const std::byte>)>& use, const std::stop_token& stop) {
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(end - begin, kBlock)));
  while (begin < end) {
    if (stop.stop_requested()) return cancelled();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, buffer.size()));
    ATTACHE_ASSIGN(const std::size_t count, read(std::span(buffer).first(wanted), begin));
    if (count > 0) ATTACHE_TRY(use(std::span(buffer).first(count)));
    if (count < wanted) return false;
    begin += count;
  }
  return true;
}

bool looks_like(const FileStatus& status, const DownloadPlan& plan, const PlannedDownloadFile& file) {
  return status.kind == FileKind::kRegular && status.size == plan.contents[file.content].size &&
         same_time(status.mtime_us(), as_a_status_has_it(file.mtime_us));
}

Result<bool> has_content(const File& file, const DownloadPlan& plan, const PlannedDownloadContent& content,
                         const std::stop_token& stop) {
  if (file.opened_status().size != content.size) return false;
  const ReadAt read = [&file](std::span<std::byte> buffer, std::uint64_t offset) {
    return file.read_at(buffer, offset);
  };
  for (std::size_t index = 0; index < plan.parts_of(content); ++index) {
    const ContentPart part = plan.part_of(content, index);
    Xxh128Stream hash;
    const auto add = [&hash](std::span<const std::byte> data) -> Status {
      hash.update(data);
      return {};
    };
    ATTACHE_ASSIGN(const bool is_whole, read_blocks(read, part.offset, part.offset + part.size, add, stop));
    if (!is_whole || hash.digest() != part.hash) return false;
  }
  return true;
}

}  // namespace attache
