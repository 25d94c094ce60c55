#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/manifest/path_group.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct File {
  std::string path;
  unsigned hash = 0;
  std::uint64_t size = 1;
  std::int64_t mtime_us = 1;

  friend bool operator==(const File&, const File&) = default;
  friend std::ostream& operator<<(std::ostream& out, const File& file) {
    return out << printable(file.path) << ' ' << file.hash << ' ' << file.size << ' ' << file.mtime_us;
  }
};

Digest digest_of(unsigned value) {
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  bytes[15] = static_cast<std::uint8_t>(value);
  return Digest(bytes);
}

ManifestBuilder builder_of(const std::vector<File>& files) {
  ManifestBuilder builder;
  for (const File& file : files) {
    EXPECT_TRUE(builder.add(file.path, digest_of(file.hash), file.size, file.mtime_us));
  }
  return builder;
}

Manifest manifest_of(const std::vector<File>& files) {
  return builder_of(files).build().value();
}

std::vector<File> files_of(const Manifest& manifest) {
  std::vector<File> files;
  for (const ManifestEntry& entry : manifest) {
    files.push_back({std::string(entry.path), entry.hash.bytes()[15], entry.size, entry.mtime_us});
  }
  return files;
}

std::vector<std::string> paths_of(const Manifest& manifest) {
  std::vector<std::string> paths;
  for (const ManifestEntry& entry : manifest) paths.emplace_back(entry.path);
  return paths;
}

std::vector<File> merged(const std::vector<const Manifest*>& manifests) {
  const Result<std::optional<Manifest>> result = merge(manifests);
  EXPECT_TRUE(result && *result);
  return files_of(**result);
}

// --- merge -----------------------------------------------------------------------------------------------------------

TEST(ManifestMerge, GivesNothingForNoManifests) {
  const Result<std::optional<Manifest>> result = merge({});
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
}

TEST(ManifestMerge, ReturnsASingleManifestAsItIs) {
  const Manifest manifest = builder_of({{"a", 1, 5}, {"a", 2, 6}}).build_with_total(99);
  const Manifest* const list[] = {&manifest};
  const Result<std::optional<Manifest>> result = merge(list);
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->total_size(), 99U);
  EXPECT_EQ(files_of(**result), files_of(manifest));
}

TEST(ManifestMerge, ReplacesValuesAndKeepsFirstPlaces) {
  const Manifest first = builder_of({{"b", 1, 10}, {"a", 2, 20}, {"b", 3, 30}}).build_with_total(7);
  const Manifest second = manifest_of({{"c", 4, 40}, {"a", 5, 50, 9}, {"A", 6, 60}});
  const Manifest* const list[] = {&first, &second};
  const Result<std::optional<Manifest>> result = merge(list);
  ASSERT_TRUE(result && *result);
  EXPECT_THAT(files_of(**result),
              ElementsAre(File{"b", 3, 30}, File{"a", 5, 50, 9}, File{"c", 4, 40}, File{"A", 6, 60}));
  EXPECT_EQ((*result)->total_size(), 180U);
}

TEST(ManifestMerge, AcceptsEmptyManifestsAndTheSameOneTwice) {
  const Manifest empty;
  const Manifest one = manifest_of({{"", 1, 10}});
  EXPECT_THAT(merged({&empty, &empty}), ElementsAre());
  EXPECT_THAT(merged({&one, &empty, &one}), ElementsAre(File{"", 1, 10}));
}

TEST(ManifestMerge, RefusesATotalBeyondSixtyFourBits) {
  const Manifest first = manifest_of({{"a", 1, std::numeric_limits<std::uint64_t>::max()}});
  const Manifest second = manifest_of({{"b", 1, 1}});
  const Manifest* const list[] = {&first, &second};
  const Result<std::optional<Manifest>> result = merge(list);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(result.error().message(), HasSubstr("exceed 64 bits"));
  const Manifest smaller = manifest_of({{"a", 1, 2}});
  EXPECT_THAT(merged({&first, &smaller}), ElementsAre(File{"a", 1, 2}));  // only what is left counts
}

TEST(ManifestMerge, GoesByTimeAndKeepsTheOrderOfEqualTimes) {
  const Manifest newest = manifest_of({{"a", 1}});
  const Manifest oldest = manifest_of({{"b", 2}, {"a", 2}});
  const Manifest middle = manifest_of({{"a", 3}});
  const Manifest middle_too = manifest_of({{"c", 4}, {"b", 4}});
  const Timed<Manifest> list[] = {{&newest, 5}, {&middle, 0}, {&middle_too, 0}, {&oldest, -3}};
  const Result<std::optional<Manifest>> result = merge_by_time(list);
  ASSERT_TRUE(result && *result);
  EXPECT_THAT(files_of(**result), ElementsAre(File{"b", 4}, File{"a", 1}, File{"c", 4}));
}

// --- compare ---------------------------------------------------------------------------------------------------------

TEST(ManifestCompare, GoesByHashInTheOrderOfTheCurrentManifestAndThenOfTheReference) {
  const Manifest reference = manifest_of({{"gone", 1}, {"same", 2, 5, 6}, {"other", 3}, {"Gone", 4}});
  const Manifest current = manifest_of({{"other", 9}, {"new", 5}, {"same", 2, 77, 88}});
  EXPECT_THAT(compare(reference, current).value(),
              ElementsAre(FileDifference{FileChange::kModified, 0}, FileDifference{FileChange::kNew, 1},
                          FileDifference{FileChange::kUnchanged, 2}, FileDifference{FileChange::kDeleted, 0},
                          FileDifference{FileChange::kDeleted, 3}));
}

TEST(ManifestCompare, CountsAPathOnceWithItsLastEntry) {
  const Manifest reference = manifest_of({{"a", 1}, {"gone", 1}, {"a", 2}, {"gone", 2}});
  const Manifest current = manifest_of({{"a", 1}, {"b", 1}, {"a", 2}});
  EXPECT_THAT(compare(reference, current).value(),
              ElementsAre(FileDifference{FileChange::kUnchanged, 2}, FileDifference{FileChange::kNew, 1},
                          FileDifference{FileChange::kDeleted, 3}));
}

TEST(ManifestCompare, AcceptsEmptyManifests) {
  const Manifest empty;
  const Manifest one = manifest_of({{"a", 1}});
  EXPECT_TRUE(compare(empty, empty).value().empty());
  EXPECT_THAT(compare(empty, one).value(), ElementsAre(FileDifference{FileChange::kNew, 0}));
  EXPECT_THAT(compare(one, empty).value(), ElementsAre(FileDifference{FileChange::kDeleted, 0}));
}

TEST(ManifestCompareStat, AllowsOneMicrosecond) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Manifest manifest = manifest_of({{"a", 1, 5, 100}, {"b", 1, 5, kMin}, {"gone", 1}, {"c", 1, 5, 0}});
  const auto status_of = [&](const FileStat& file) {
    const std::vector<FileDifference> differences = compare_stat(manifest, std::span(&file, 1)).value();
    for (const FileDifference& difference : differences) {
      if (difference.status != FileChange::kDeleted) return difference.status;
    }
    return FileChange::kUnchanged;
  };
  EXPECT_EQ(status_of({"a", 5, 100}), FileChange::kUnchanged);
  EXPECT_EQ(status_of({"a", 5, 99}), FileChange::kUnchanged);
  EXPECT_EQ(status_of({"a", 5, 101}), FileChange::kUnchanged);
  EXPECT_EQ(status_of({"a", 5, 98}), FileChange::kModified);
  EXPECT_EQ(status_of({"a", 5, 102}), FileChange::kModified);
  EXPECT_EQ(status_of({"a", 4, 100}), FileChange::kModified);
  EXPECT_EQ(status_of({"b", 5, kMax}), FileChange::kModified);
  EXPECT_EQ(status_of({"b", 5, kMin + 1}), FileChange::kUnchanged);
  EXPECT_EQ(status_of({"c", 5, -1}), FileChange::kUnchanged);
  EXPECT_EQ(status_of({"./a", 5, 100}), FileChange::kNew);
}

TEST(ManifestCompareStat, ListsDifferencesOnlyThenTheDeleted) {
  const Manifest manifest = manifest_of({{"gone", 1}, {"same", 1, 2, 3}, {"changed", 1, 2, 3}, {"gone", 2}});
  const FileStat files[] = {{"new", 1, 1}, {"changed", 3, 3}, {"same", 2, 3}};
  EXPECT_THAT(compare_stat(manifest, files).value(),
              ElementsAre(FileDifference{FileChange::kNew, 0}, FileDifference{FileChange::kModified, 1},
                          FileDifference{FileChange::kDeleted, 3}));
}

TEST(ManifestCompare, NamesEveryStatus) {
  EXPECT_EQ(to_string(FileChange::kUnchanged), "unchanged");
  EXPECT_EQ(to_string(FileChange::kNew), "new");
  EXPECT_EQ(to_string(FileChange::kModified), "modified");
  EXPECT_EQ(to_string(FileChange::kDeleted), "deleted");
}

// --- select ----------------------------------------------------------------------------------------------------------

TEST(ManifestSelect, KeepsWhatThePredicateAcceptsInItsOrder) {
  const Manifest manifest = manifest_of({{"c", 1, 10}, {"a", 2, 20}, {"c", 3, 30}, {"b", 4, 40}});
  const Result<Manifest> selected = filter(manifest, [](const ManifestEntry& entry) { return entry.size != 20; });
  ASSERT_TRUE(selected);
  EXPECT_THAT(files_of(*selected), ElementsAre(File{"c", 1, 10}, File{"c", 3, 30}, File{"b", 4, 40}));
  EXPECT_EQ(selected->total_size(), 80U);
}

TEST(ManifestSelect, RefusesATotalBeyondSixtyFourBits) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const Manifest manifest = builder_of({{"a", 1, kMax}, {"b", 1, kMax}}).build_with_total(5);
  EXPECT_EQ(sum_of_sizes(manifest), std::nullopt);
  EXPECT_FALSE(filter(manifest, [](const ManifestEntry&) { return true; }));
  const Result<Manifest> one = filter(manifest, [](const ManifestEntry& entry) { return entry.path == "a"; });
  ASSERT_TRUE(one);
  EXPECT_EQ(one->total_size(), kMax);
  EXPECT_EQ(sum_of_sizes(*one), kMax);
  EXPECT_EQ(sum_of_sizes(Manifest()), 0U);
}

TEST(ManifestSelect, SelectsByWholeComponents) {
  const Manifest manifest = manifest_of({{"a"}, {"a/b"}, {"a/b/c"}, {"ab/c"}, {"a-/c"}, {"/a/b"}, {"a/"}});
  const auto below = [&](std::string_view directory) { return paths_of(select_below(manifest, directory).value()); };
  EXPECT_THAT(below("a"), ElementsAre("a/b", "a/b/c", "a/"));
  EXPECT_THAT(below("a/"), ElementsAre("a/b", "a/b/c", "a/"));
  EXPECT_THAT(below("a/b"), ElementsAre("a/b/c"));
  EXPECT_THAT(below("ab"), ElementsAre("ab/c"));
  EXPECT_THAT(below("b"), ElementsAre());
  EXPECT_EQ(below("").size(), manifest.size());
  EXPECT_EQ(below(".").size(), manifest.size());
  EXPECT_EQ(below("./").size(), manifest.size());
}

TEST(ManifestSelect, RefusesADirectoryThatIsNoRelativePath) {
  const Manifest manifest = manifest_of({{"a"}});
  for (const char* const directory : {"/", "/a", "..", "a/../b", "a//b", "./a"}) {
    const Result<Manifest> selected = select_below(manifest, directory);
    ASSERT_FALSE(selected) << directory;
    EXPECT_THAT(selected.error().message(), HasSubstr(directory));
  }
}

// --- groups ----------------------------------------------------------------------------------------------------------

TEST(PathGroup, TakesManifestsOfOneRootTogether) {
  const Manifest first = builder_of({{"b"}, {"a"}}).build_with_total(10);
  const Manifest second = builder_of({{"\xF0\x9F\x98\x80"}, {"\xEF\xBF\xBD"}, {"a"}}).build_with_total(20);
  const Manifest third = builder_of({{"c"}}).build_with_total(40);
  const RootedManifest list[] = {{"/r", &first}, {"/q", &third}, {"/r", &second}};
  std::vector<PathGroup> groups = group_by_root(list);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].root(), "/r");
  EXPECT_THAT(groups[0].manifests(), ElementsAre(&first, &second));
  EXPECT_EQ(groups[0].size(), 5U);
  EXPECT_EQ(groups[0].total_bytes(), 30U);
  EXPECT_THAT(groups[0].sorted_paths().value(), ElementsAre("a", "a", "b", "\xEF\xBF\xBD", "\xF0\x9F\x98\x80"));
  EXPECT_EQ(groups[1].root(), "/q");

  groups[0].combine(groups[1]);
  EXPECT_EQ(groups[0].total_bytes(), 70U);
  EXPECT_EQ(groups[0].size(), 6U);
  EXPECT_EQ(groups[1].size(), 1U);
  EXPECT_EQ(first.size(), 2U);  // the incumbent's would have grown
  groups[1].combine(groups[1]);
  EXPECT_EQ(groups[1].total_bytes(), 80U);
}

TEST(PathGroup, HasNoTotalBeyondSixtyFourBits) {
  const Manifest big = ManifestBuilder().build_with_total(std::numeric_limits<std::uint64_t>::max());
  PathGroup group("/r");
  EXPECT_EQ(group.total_bytes(), 0U);
  group.add(big);
  EXPECT_EQ(group.total_bytes(), std::numeric_limits<std::uint64_t>::max());
  const Manifest small = manifest_of({{"a"}});
  group.add(small);
  EXPECT_EQ(group.total_bytes(), std::nullopt);
}

// --- against ordered maps --------------------------------------------------------------------------------------------

rc::Gen<std::vector<File>> any_files() {
  const auto path = rc::gen::map(rc::gen::inRange(0, 40), [](int i) {
    return i < 20 ? std::string(static_cast<std::size_t>(i), 'a') : "directory/file_" + std::to_string(i);
  });
  return rc::gen::container<std::vector<File>>(
      rc::gen::build<File>(rc::gen::set(&File::path, path), rc::gen::set(&File::hash, rc::gen::inRange(0U, 3U)),
                           rc::gen::set(&File::size, rc::gen::inRange<std::uint64_t>(0, 3)),
                           rc::gen::set(&File::mtime_us, rc::gen::inRange<std::int64_t>(-3, 3))));
}

// A Python dictionary: later values replace earlier ones at their place.
std::vector<File> as_dictionary(const std::vector<File>& files) {
  std::vector<File> result;
  std::map<std::string, std::size_t> places;
  for (const File& file : files) {
    const auto [place, added] = places.emplace(file.path, result.size());
    if (added) {
      result.push_back(file);
    } else {
      result[place->second] = file;
    }
  }
  return result;
}

RC_GTEST_PROP(ManifestOperationsProperty, MergeIsADictionary, ()) {
  const auto lists = *rc::gen::resize(5, rc::gen::container<std::vector<std::vector<File>>>(any_files()));
  RC_PRE(lists.size() >= 2);
  std::vector<Manifest> manifests;
  std::vector<const Manifest*> pointers;
  std::vector<File> all;
  for (const auto& list : lists) {
    manifests.push_back(manifest_of(list));
    all.insert(all.end(), list.begin(), list.end());
  }
  for (const Manifest& manifest : manifests) pointers.push_back(&manifest);
  const Result<std::optional<Manifest>> result = merge(pointers);
  RC_ASSERT(result && *result);
  RC_ASSERT(files_of(**result) == as_dictionary(all));
  RC_ASSERT(sum_of_sizes(**result) == (*result)->total_size());
}

RC_GTEST_PROP(ManifestOperationsProperty, CompareIsALookUpInDictionaries, ()) {
  const std::vector<File> before = *any_files();
  const std::vector<File> after = *any_files();
  const auto find = [](const std::vector<File>& files, const std::string& path) {
    return std::find_if(files.begin(), files.end(), [&](const File& file) { return file.path == path; });
  };
  const std::vector<File> reference = as_dictionary(before);
  const std::vector<File> current = as_dictionary(after);
  std::vector<std::pair<FileChange, File>> expected;
  for (const File& file : current) {
    const auto old = find(reference, file.path);
    const FileChange status = old == reference.end()   ? FileChange::kNew
                              : old->hash != file.hash ? FileChange::kModified
                                                       : FileChange::kUnchanged;
    expected.emplace_back(status, file);
  }
  for (const File& file : reference) {
    if (find(current, file.path) == current.end()) expected.emplace_back(FileChange::kDeleted, file);
  }
  std::vector<std::pair<FileChange, File>> found;
  const std::vector<FileDifference> differences = compare(manifest_of(before), manifest_of(after)).value();
  for (const FileDifference& difference : differences) {
    const auto& side = difference.status == FileChange::kDeleted ? before : after;
    found.emplace_back(difference.status, side[difference.index]);
  }
  RC_ASSERT(found == expected);
}

}  // namespace
}  // namespace attache
