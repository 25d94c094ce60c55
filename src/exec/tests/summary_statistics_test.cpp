#include <attache/exec/summary_statistics.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

SummaryStatistics some() {
  return {.total_time = 2.5,
          .total_files = 3,
          .total_bytes = 2000,
          .processed_files = 1,
          .processed_bytes = 1000,
          .skipped_files = 2,
          .skipped_bytes = 1000};
}

TEST(SummaryStatistics, HaveTheRateOfWhatWasProcessed) {
  EXPECT_EQ(some().transfer_rate(), 400.0);
  SummaryStatistics none = some();
  none.total_time = 0;
  EXPECT_EQ(none.transfer_rate(), 0.0);
}

TEST(SummaryStatistics, AddEverything) {
  SummaryStatistics sum = some();
  sum.add(some());
  EXPECT_EQ(sum, (SummaryStatistics{.total_time = 5,
                                    .total_files = 6,
                                    .total_bytes = 4000,
                                    .processed_files = 2,
                                    .processed_bytes = 2000,
                                    .skipped_files = 4,
                                    .skipped_bytes = 2000}));
}

TEST(SummaryStatistics, ReadAsTheIncumbentsDo) {
  EXPECT_EQ(to_text(some()),
            "Processed 1 file totaling 1.0 KB.\nSkipped re-processing 2 files totaling 1.0 KB.\nTotal processing time "
            "of 2.5 seconds at 400 B/s.\n");
  SummaryStatistics other = some();
  other.total_time = 3.000004;
  other.processed_files = 2;
  EXPECT_EQ(to_text(other),
            "Processed 2 files totaling 1.0 KB.\nSkipped re-processing 2 files totaling 1.0 KB.\nTotal processing time "
            "of 3.0 seconds at 333 B/s.\n")
      << "rounded to five decimals, and never a whole number";
}

TEST(StatisticsByRoot, KeepRootsApartAndAddThemUp) {
  StatisticsByRoot statistics;
  statistics.add("/a", some());
  statistics.add("/b", some());
  StatisticsByRoot more;
  more.add("/a", some());
  more.add("/c", {});
  statistics.add(more);
  EXPECT_EQ(statistics.roots().at("/a").total_files, 6U);
  EXPECT_EQ(statistics.roots().at("/b").total_files, 3U);
  EXPECT_EQ(statistics.roots().at("/c"), SummaryStatistics{});
  EXPECT_EQ(statistics.total().total_files, 9U);
  EXPECT_EQ(statistics.total().total_time, 7.5);
}

TEST(DownloadStatistics, NameTheFilesAndCountThemByRoot) {
  DownloadStatistics statistics;
  statistics.set_files({{"/r", {"/r/b", "/r/a"}}, {"/q", {}}});
  EXPECT_EQ(statistics.file_counts_by_root, (std::map<std::string, std::uint64_t>{{"/q", 0}, {"/r", 2}}));
  EXPECT_EQ(statistics.downloaded_files, (std::vector<std::string>{"/r/a", "/r/b"}));
}

// The incumbent's defect 38.
TEST(DownloadStatistics, LoseNoFileAndNoRootWhenTheyAreAdded) {
  DownloadStatistics sum;
  sum.summary = some();
  sum.set_files({{"/r", {"/r/b"}}, {"/q", {}}});
  DownloadStatistics other;
  other.summary = some();
  other.set_files({{"/r", {"/r/c", "/r/a"}}, {"/p", {}}});
  sum.add(other);
  EXPECT_EQ(sum.summary.total_files, 6U);
  EXPECT_EQ(sum.file_counts_by_root, (std::map<std::string, std::uint64_t>{{"/p", 0}, {"/q", 0}, {"/r", 3}}));
  EXPECT_EQ(sum.downloaded_files, (std::vector<std::string>{"/r/a", "/r/b", "/r/c"}));
}

}  // namespace
}  // namespace attache
