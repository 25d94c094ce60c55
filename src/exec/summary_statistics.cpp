#include <attache/base/byte_size.hpp>
#include <attache/exec/summary_statistics.hpp>

#include "decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace attache {

double SummaryStatistics::transfer_rate() const {
  return total_time > 0 ? static_cast<double>(processed_bytes) / total_time : 0;
}

void SummaryStatistics::add(const SummaryStatistics& other) {
  total_time += other.total_time;
  total_files += other.total_files;
  total_bytes += other.total_bytes;
  processed_files += other.processed_files;
  processed_bytes += other.processed_bytes;
  skipped_files += other.skipped_files;
  skipped_bytes += other.skipped_bytes;
}

std::string to_text(const SummaryStatistics& statistics) {
  return fmt::format(
      "Processed {} file{} totaling {}.\nSkipped re-processing {} files totaling {}.\nTotal processing time of {} "
      "seconds at {}/s.\n",
      statistics.processed_files, statistics.processed_files == 1 ? "" : "s", human_size(statistics.processed_bytes),
      statistics.skipped_files, human_size(statistics.skipped_bytes), float_text(rounded_to(statistics.total_time, 5)),
      human_size(whole_bytes(statistics.transfer_rate())));
}

void StatisticsByRoot::add(const StatisticsByRoot& other) {
  for (const auto& [root, statistics] : other.roots_) roots_[root].add(statistics);
}

SummaryStatistics StatisticsByRoot::total() const {
  SummaryStatistics total;
  for (const auto& [root, statistics] : roots_) total.add(statistics);
  return total;
}

void DownloadStatistics::set_files(const std::map<std::string, std::vector<std::string>>& paths_by_root) {
  file_counts_by_root.clear();
  downloaded_files.clear();
  for (const auto& [root, paths] : paths_by_root) {
    file_counts_by_root[root] = paths.size();
    downloaded_files.insert(downloaded_files.end(), paths.begin(), paths.end());
  }
  std::sort(downloaded_files.begin(), downloaded_files.end());
}

void DownloadStatistics::add(const DownloadStatistics& other) {
  summary.add(other.summary);
  for (const auto& [root, count] : other.file_counts_by_root) file_counts_by_root[root] += count;
  const auto middle = static_cast<std::ptrdiff_t>(downloaded_files.size());
  downloaded_files.insert(downloaded_files.end(), other.downloaded_files.begin(), other.downloaded_files.end());
  std::inplace_merge(downloaded_files.begin(), std::next(downloaded_files.begin(), middle), downloaded_files.end());
}

}  // namespace attache
