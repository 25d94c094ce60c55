#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace attache {

/// What a hashing, an upload or a download came to, with the incumbent's fields (incumbent formats, 14a). What is
/// skipped was found done already; it is not among the processed.
struct SummaryStatistics {
  double total_time = 0;  ///< seconds
  std::uint64_t total_files = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t processed_files = 0;
  std::uint64_t processed_bytes = 0;
  std::uint64_t skipped_files = 0;
  std::uint64_t skipped_bytes = 0;

  /// Processed bytes per second; 0 without a time.
  double transfer_rate() const;
  /// Adds everything, times too: of work that was done one after the other.
  void add(const SummaryStatistics& other);

  friend bool operator==(const SummaryStatistics&, const SummaryStatistics&) = default;
};

/// Three lines, each with its line break, as the incumbent prints them.
std::string to_text(const SummaryStatistics& statistics);

/// Statistics of each root and of all together. Roots are texts of the caller, such as host paths.
class StatisticsByRoot {
 public:
  void add(const std::string& root, const SummaryStatistics& statistics) { roots_[root].add(statistics); }
  void add(const StatisticsByRoot& other);
  SummaryStatistics total() const;
  const std::map<std::string, SummaryStatistics>& roots() const { return roots_; }

 private:
  std::map<std::string, SummaryStatistics> roots_;
};

/// A download's: also which files, and how many below each root.
struct DownloadStatistics {
  SummaryStatistics summary{};
  std::map<std::string, std::uint64_t> file_counts_by_root{};
  std::vector<std::string> downloaded_files{};  ///< host paths, in byte order

  /// Takes the files from their lists by root; a root without files has the count 0.
  void set_files(const std::map<std::string, std::vector<std::string>>& paths_by_root);
  /// Adds everything: counts of the same root, also of 0, and the files of both. (The incumbent drops roots without
  /// files and the other's list: its defect 38.)
  void add(const DownloadStatistics& other);
};

}  // namespace attache
