#include <attache/base/glob.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest/testing/notation.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::manifest_of;
using testing::words_of;

using Words = std::initializer_list<std::string_view>;

template <typename M>
std::vector<std::string> words_of_result(const Result<M>& result) {
  if (!result) return {"error: " + result.error().to_string()};
  return words_of(*result);
}

template <typename T>
void expect_error(const Result<T>& result, ErrorCode code, const std::string& message, const std::string& remedy) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), code);
  EXPECT_THAT(result.error().message(), HasSubstr(message));
  EXPECT_THAT(result.error().remedy(), HasSubstr(remedy));
  EXPECT_FALSE(result.error().remedy().empty());
}

// --- diff
// --------------------------------------------------------------------------------------------------------------

std::vector<std::string> diff_of(Words parent, Words current, const DiffOptions& options = {}) {
  return words_of_result(diff(manifest_of<Snapshot>(parent), manifest_of<Snapshot>(current), options));
}

TEST(ManifestDiff, ListsWhatIsNewChangedAndGone) {
  EXPECT_THAT(diff_of({"same", "other", "gone", "old/", "kept/x"}, {"same", "other=2", "new", "made/", "kept/x"}),
              ElementsAre("made/", "-old/", "-gone", "new", "other=2"));
}

TEST(ManifestDiff, OfEqualTreesIsEmptyAndNamesTheParent) {
  const auto tree = manifest_of<Snapshot>({"a/b", "c"});
  const auto same = diff(tree, tree);
  ASSERT_TRUE(same);
  EXPECT_THAT(words_of(*same), IsEmpty());
  EXPECT_EQ(same->parent_hash(), manifest_hash(tree).value());
}

TEST(ManifestDiff, TakesTheParentsHashIfItIsKnown) {
  const Digest hash = *Digest::parse("0123456789abcdef0123456789abcdef");
  EXPECT_EQ(diff(Snapshot(), Snapshot(), {.parent_hash = hash})->parent_hash(), hash);
}

TEST(ManifestDiff, SeesEveryPropertyOfAFile) {
  EXPECT_THAT(diff_of({"a"}, {"a!"}), ElementsAre("a!"));
  EXPECT_THAT(diff_of({"a"}, {"a@2"}), ElementsAre("a@2"));
  EXPECT_THAT(diff_of({"a"}, {"a?"}), ElementsAre("a?"));
  EXPECT_THAT(diff_of({"a"}, {"a->b"}), ElementsAre("a->b"));
  EXPECT_THAT(diff_of({"a->b"}, {"a->c"}), ElementsAre("a->c"));
}

TEST(ManifestDiff, OverlooksAMicrosecond) {
  EXPECT_THAT(diff_of({"a@5"}, {"a@6"}), IsEmpty());
  EXPECT_THAT(diff_of({"a@5"}, {"a@4"}), IsEmpty());
  EXPECT_THAT(diff_of({"a@5"}, {"a@7"}), ElementsAre("a@7"));
  EXPECT_THAT(diff_of({"a@-9223372036854775807"}, {"a@9223372036854775807"}), ElementsAre("a@9223372036854775807"));
}

TEST(ManifestDiff, OverlooksHashesAndExecuteBitsWhenTold) {
  EXPECT_THAT(diff_of({"a"}, {"a?"}, {.ignore_hashes = true}), IsEmpty());
  EXPECT_THAT(diff_of({"a"}, {"a=2"}, {.ignore_hashes = true}), ElementsAre("a=2"));
  EXPECT_THAT(diff_of({"a"}, {"a!"}, {.preserve_runnable = true}), IsEmpty());
  EXPECT_THAT(diff_of({"a"}, {"a=2!"}, {.preserve_runnable = true}), ElementsAre("a=2!"));
}

TEST(ManifestDiff, DeletesADirectoryWithEverythingInIt) {
  EXPECT_THAT(diff_of({"a/b/x", "a/l->z", "a-b"}, {"a-b"}), ElementsAre("-a/", "-a/b/", "-a/b/x", "-a/l"));
}

TEST(ManifestDiff, DeletesADirectoryThatWasOnlyImplied) {
  // Nothing lists `a` in either tree; a prefix of text ("ab") keeps no directory alive.
  EXPECT_THAT(diff_of({"a/x", "ab"}, {"ab"}), ElementsAre("-a/", "-a/x"));
}

TEST(ManifestDiff, ListsTheDirectoriesAboveAChange) {
  EXPECT_THAT(diff_of({"a/b/x"}, {"a/b/x=2"}), ElementsAre("a/", "a/b/", "a/b/x=2"));
  EXPECT_THAT(diff_of({"a/b/x", "a/b/y"}, {"a/b/y"}), ElementsAre("a/", "a/b/", "-a/b/x"));
}

TEST(ManifestDiff, ChangesTheKindByADeletionBesideTheNewEntry) {
  EXPECT_THAT(diff_of({"a"}, {"a/x"}), ElementsAre("a/", "-a", "a/x"));
  EXPECT_THAT(diff_of({"a/b/x"}, {"a"}), ElementsAre("-a/", "-a/b/", "a", "-a/b/x"));
}

TEST(ManifestDiff, KeepsTheDirectoryThatALinksTargetNeedsToBeReadable) {
  EXPECT_THAT(diff_of({"$x/y"}, {"$x/y", "l->$x/z"}), ElementsAre("$x/", "l->$x/z"));
}

TEST(ManifestDiff, ComparesAbsoluteManifestsOfAnyFileSystem) {
  const auto parent = manifest_of<AbsSnapshot>({"/mnt/a", "C:/a", "//s/t/a"});
  const auto current = manifest_of<AbsSnapshot>({"/mnt/a=2", "//s/t/a", "//s/t/b"});
  EXPECT_THAT(words_of_result(diff(parent, current)), ElementsAre("/mnt/", "//s/t/b", "/mnt/a=2", "-C:/a"));
}

// --- apply
// -------------------------------------------------------------------------------------------------------------

Result<Snapshot> applied(const Snapshot& base, const std::vector<const SnapshotDiff*>& diffs, bool check = false) {
  return apply_diffs(base, diffs, {.check_parent = check});
}

std::vector<std::string> apply_to(Words base, Words change) {
  const auto diff = manifest_of<SnapshotDiff>(change);
  return words_of_result(applied(manifest_of<Snapshot>(base), {&diff}));
}

TEST(ManifestApply, AddsReplacesAndDeletes) {
  EXPECT_THAT(apply_to({"a", "b", "d/"}, {"a=2", "-b", "c/x", "-d/"}), ElementsAre("c/", "a=2", "c/x"));
}

TEST(ManifestApply, DeletesADirectoryOnlyWhenItIsEmptyByThen) {
  EXPECT_THAT(apply_to({"d/x", "d/y"}, {"-d/", "-d/x"}), ElementsAre("d/", "d/y"));
  EXPECT_THAT(apply_to({"d/e/"}, {"-d/"}), ElementsAre("d/", "d/e/"));
  EXPECT_THAT(apply_to({"d/e/x"}, {"-d/", "-d/e/", "-d/e/x"}), IsEmpty());
}

TEST(ManifestApply, IgnoresDeletionsOfWhatIsNotThere) {
  EXPECT_THAT(apply_to({"a"}, {"-b", "-c/"}), ElementsAre("a"));
  EXPECT_THAT(apply_to({"a/"}, {"-a"}), ElementsAre("a/"));  // a directory is no file
  EXPECT_THAT(apply_to({"a"}, {"-a/"}), ElementsAre("a"));
}

TEST(ManifestApply, PutsAFileInThePlaceOfADirectoryAndTheReverse) {
  EXPECT_THAT(apply_to({"a/b/x", "a/y"}, {"a"}), ElementsAre("a"));
  EXPECT_THAT(apply_to({"a"}, {"a/b/x"}), ElementsAre("a/", "a/b/", "a/b/x"));
  EXPECT_THAT(apply_to({"a"}, {"a/"}), ElementsAre("a/"));
}

TEST(ManifestApply, MakesADirectoryAnewThatIsDeletedButHasSomethingInIt) {
  EXPECT_THAT(apply_to({"a/x"}, {"-a/", "-a/x", "a/y"}), ElementsAre("a/", "a/y"));
  EXPECT_THAT(apply_to({"a"}, {"-a/", "a/y"}), ElementsAre("a/", "a/y"));
}

TEST(ManifestApply, AppliesDiffsInOrder) {
  const auto base = manifest_of<Snapshot>({"a"});
  const auto first = manifest_of<SnapshotDiff>({"a=2", "b"});
  const auto second = manifest_of<SnapshotDiff>({"a=3", "-b"});
  EXPECT_THAT(words_of_result(applied(base, {&first, &second})), ElementsAre("a=3"));
  EXPECT_THAT(words_of_result(applied(base, {&second, &first})), ElementsAre("a=2", "b"));
  EXPECT_THAT(words_of_result(applied(base, {})), ElementsAre("a"));
}

TEST(ManifestApply, RefusesADiffOfAnotherParentAndSaysWhich) {
  const auto base = manifest_of<Snapshot>({"a"});
  const auto next = manifest_of<Snapshot>({"a=2"});
  const auto right = diff(base, next).value();
  const auto wrong = manifest_of<SnapshotDiff>({"b"});
  EXPECT_THAT(words_of_result(applied(base, {&right}, true)), ElementsAre("a=2"));
  expect_error(applied(base, {&wrong}, true), ErrorCode::kIntegrity,
               "diff 1 was made for another manifest: its parent is 00000000000000000000000000000000, not " +
                   manifest_hash(base).value().to_hex(),
               "apply it to the manifest that it was made for");
  expect_error(applied(base, {&right, &right}, true), ErrorCode::kIntegrity, "diff 2 was made for another manifest",
               "make the diff again");
}

// --- compose and merge
// -------------------------------------------------------------------------------------------------

template <typename M = Snapshot>
std::vector<std::string> composed(std::initializer_list<Words> layers) {
  std::vector<M> manifests;
  for (const Words& words : layers) manifests.push_back(manifest_of<M>(words));
  std::vector<const M*> all;
  for (const M& manifest : manifests) all.push_back(&manifest);
  const Result<std::optional<M>> result = compose(std::span<const M* const>(all));
  if (!result) return {"error: " + result.error().to_string()};
  if (!*result) return {"nothing"};
  return words_of(**result);
}

TEST(ManifestCompose, LetsTheLastCountForEachPathAndUnitesDirectories) {
  EXPECT_THAT(composed({{"a", "b", "d/x"}, {"b=2", "e/"}, {"a=3", "d/y"}}),
              ElementsAre("d/", "e/", "a=3", "b=2", "d/x", "d/y"));
  EXPECT_THAT(composed({{"a", "d/"}}), ElementsAre("d/", "a"));
  EXPECT_THAT(composed({}), ElementsAre("nothing"));
}

TEST(ManifestCompose, PutsALaterFileInThePlaceOfADirectoryAndTheReverse) {
  EXPECT_THAT(composed({{"a/b/x", "a/y", "a-b"}, {"a"}}), ElementsAre("a", "a-b"));
  EXPECT_THAT(composed({{"a"}, {"a/b/x"}}), ElementsAre("a/", "a/b/", "a/b/x"));
  EXPECT_THAT(composed({{"a/x"}, {"a"}, {"a/y"}}), ElementsAre("a/", "a/y"));
}

TEST(ManifestCompose, IsNotAssociativeWhereALayerTurnsAFileIntoADirectory) {
  // What the file buried is gone for good in order, and never was for who composes the last two first.
  EXPECT_THAT(composed({{"a/x"}, {"a"}, {"a/y"}}), ElementsAre("a/", "a/y"));
  EXPECT_THAT(composed({{"a"}, {"a/y"}}), ElementsAre("a/", "a/y"));
  EXPECT_THAT(composed({{"a/x"}, {"a/y"}}), ElementsAre("a/", "a/x", "a/y"));
}

TEST(ManifestCompose, OfDiffsIsADiffThatDoesWhatTheyDoInOrder) {
  EXPECT_THAT(composed<SnapshotDiff>({{"a=2", "b", "-c"}, {"-b", "c=3"}}), ElementsAre("a=2", "-b", "c=3"));
  EXPECT_THAT(composed<SnapshotDiff>({{"d/x", "-d/y"}, {"-d/", "-d/x"}}), ElementsAre("-d/", "-d/x", "-d/y"));
  EXPECT_THAT(composed<SnapshotDiff>({{"-d/", "-d/x"}, {"d/z"}}), ElementsAre("d/", "-d/x", "d/z"));
}

TEST(ManifestCompose, OfDiffsHasTheParentOfTheFirst) {
  const auto start = manifest_of<Snapshot>({"a"});
  const auto middle = manifest_of<Snapshot>({"a/x"});
  const auto end = manifest_of<Snapshot>({"b"});
  const auto first = diff(start, middle).value();
  const auto second = diff(middle, end).value();
  const std::vector<const SnapshotDiff*> both{&first, &second};
  const auto whole = compose(std::span<const SnapshotDiff* const>(both));
  ASSERT_TRUE(whole && *whole);
  EXPECT_EQ((*whole)->parent_hash(), manifest_hash(start).value());
  EXPECT_THAT(words_of_result(applied(start, {&**whole}, true)), ElementsAre("b"));
}

TEST(ManifestCompose, OfDiffsKeepsTheDeletionsBelowAFileThatCameAndWent) {
  const auto base = manifest_of<Snapshot>({"p/y"});
  const auto first = manifest_of<SnapshotDiff>({"-p/y", "p/z"});
  const auto second = manifest_of<SnapshotDiff>({"p", "-p/", "-p/z"});
  const auto third = manifest_of<SnapshotDiff>({"-p"});
  EXPECT_THAT(words_of_result(applied(base, {&first, &second, &third})), IsEmpty());
  const std::vector<const SnapshotDiff*> all{&first, &second, &third};
  const auto whole = compose(std::span<const SnapshotDiff* const>(all));
  ASSERT_TRUE(whole && *whole);
  EXPECT_THAT(words_of_result(applied(base, {&**whole})), IsEmpty());
}

TEST(ManifestMerge, ComposesFromTheOldestToTheNewest) {
  const auto oldest = manifest_of<Snapshot>({"a", "b"});
  const auto newest = manifest_of<Snapshot>({"a=2"});
  const std::vector<Timed<Snapshot>> given{{&newest, 7}, {&oldest, -3}};
  const auto merged = merge_by_time(std::span(given));
  ASSERT_TRUE(merged && *merged);
  EXPECT_THAT(words_of(**merged), ElementsAre("a=2", "b"));
}

TEST(ManifestMerge, KeepsTheOrderOfEqualTimes) {
  const auto first = manifest_of<Snapshot>({"a"});
  const auto second = manifest_of<Snapshot>({"a=2"});
  const std::vector<Timed<Snapshot>> given{{&first, 7}, {&second, 7}};
  EXPECT_THAT(words_of(**merge_by_time(std::span(given))), ElementsAre("a=2"));
  EXPECT_FALSE(merge_by_time(std::span<const Timed<Snapshot>>())->has_value());
}

TEST(ManifestMerge, RefusesDiffsOfDifferentParents) {
  const auto one = manifest_of<SnapshotDiff>({"a"});
  const auto other = diff(Snapshot(), manifest_of<Snapshot>({"b"})).value();
  const std::vector<Timed<SnapshotDiff>> given{{&one, 1}, {&other, 2}};
  expect_error(merge_by_time(std::span(given)), ErrorCode::kInvalidArgument,
               "the diffs have different parents, 00000000000000000000000000000000 and", "compose them in the order");
}

// --- filter
// ------------------------------------------------------------------------------------------------------------

std::vector<std::string> filtered(Words words, const std::vector<std::string>& include,
                                  const std::vector<std::string>& exclude = {}) {
  const auto set = GlobSet::compile(include, exclude, {.dialect = GlobDialect::kDesign}).value();
  return words_of_result(filter(manifest_of<Snapshot>(words), set));
}

TEST(ManifestFilter, KeepsWhatThePredicateAcceptsWithTheDirectoriesAbove) {
  const auto tree = manifest_of<Snapshot>({"a/b/x", "a/y", "c/z"});
  const auto kept =
      filter(tree, EntryPredicate([](std::string_view path, const FileEntry*) { return path.ends_with('x'); }));
  EXPECT_THAT(words_of_result(kept), ElementsAre("a/", "a/b/", "a/b/x"));
}

TEST(ManifestFilter, AsksAboutEveryFileAndEveryDirectoryThatHasNothingInIt) {
  const auto change = manifest_of<AbsSnapshotDiff>({"/a/x", "/a/l->/a", "-/g/y", "-/h/", "/e/", "/f/e/"});
  std::vector<std::string> asked;
  const auto same = filter(change, EntryPredicate([&](std::string_view path, const FileEntry* file) {
                             asked.push_back(std::string(path) + (file != nullptr ? "" : "/"));
                             return true;
                           }));
  EXPECT_THAT(asked, ::testing::UnorderedElementsAre("/a/x", "/a/l", "/g/y", "/h/", "/e/", "/f/e/"));
  EXPECT_EQ(words_of_result(same), words_of(change));
  EXPECT_EQ(same->parent_hash(), change.parent_hash());
}

TEST(ManifestFilter, DropsADirectoryThatItEmptiesAndKeepsOneThatWasEmpty) {
  EXPECT_THAT(filtered({"full/x", "empty/"}, {"e*"}), ElementsAre("empty/"));
  EXPECT_THAT(filtered({"full/x", "empty/"}, {}, {"full/*"}), ElementsAre("empty/"));
  EXPECT_THAT(filtered({"full/x", "empty/"}, {"full/*"}), ElementsAre("full/", "full/x"));
}

TEST(ManifestFilter, TakesAStarForAComponentAndTwoForAnyNumber) {
  EXPECT_THAT(filtered({"a.exr", "d/a.exr", "d/e/a.exr"}, {"*.exr"}), ElementsAre("a.exr"));
  EXPECT_THAT(filtered({"a.exr", "d/a.exr", "d/e/a.exr"}, {"**/*.exr"}, {"d/*"}),
              ElementsAre("d/", "d/e/", "a.exr", "d/e/a.exr"));
}

TEST(ManifestFilter, MatchesAbsoluteManifestsByTheirWholePaths) {
  const auto tree = manifest_of<AbsSnapshot>({"/mnt/a", "/b", "C:/a", "//s/t/a"});
  const auto by = [&](const std::string& pattern) {
    const std::vector<std::string> include{pattern};
    return words_of_result(filter(tree, GlobSet::compile(include, {}, {.dialect = GlobDialect::kDesign}).value()));
  };
  EXPECT_THAT(by("/mnt/**"), ElementsAre("/mnt/", "/mnt/a"));
  EXPECT_THAT(by("C:/*"), ElementsAre("C:/a"));
  EXPECT_THAT(by("//s/t/*"), ElementsAre("//s/t/a"));
}

TEST(ManifestFilter, RefusesToLoseTheDirectoryThatALinksTargetNeedsToBeReadable) {
  const auto tree = manifest_of<Snapshot>({"$x/y", "l->$x/z"});
  const auto links = filter(tree, EntryPredicate([](std::string_view path, const FileEntry*) { return path == "l"; }));
  expect_error(links, ErrorCode::kInvalidManifest,
               "'l' is a link whose target begins with '$' and would be read as a reference to a directory",
               "leave the link out");
}

// --- parts
// -------------------------------------------------------------------------------------------------------------

TEST(ManifestSubtree, IsWhatLiesStrictlyBelowADirectory) {
  const auto tree = manifest_of<Snapshot>({"a/b/x", "a/b/d/", "a/y", "ab/z", "a-b"});
  EXPECT_THAT(words_of_result(subtree(tree, "a")), ElementsAre("b/", "b/d/", "b/x", "y"));
  EXPECT_THAT(words_of_result(subtree(tree, "a/b")), ElementsAre("d/", "x"));
  EXPECT_THAT(words_of_result(subtree(tree, "a/y")), IsEmpty());
  EXPECT_THAT(words_of_result(subtree(tree, "nowhere")), IsEmpty());
  EXPECT_THAT(words_of_result(subtree(tree, "/a")), IsEmpty());
  EXPECT_EQ(words_of_result(subtree(tree, "")), words_of(tree));
}

TEST(ManifestSubtree, NormalisesItsPath) {
  const auto tree = manifest_of<Snapshot>({"a/b/x"});
  EXPECT_THAT(words_of_result(subtree(tree, "a\\b")), ElementsAre("x"));
  EXPECT_THAT(words_of_result(subtree(tree, "a/b//")), ElementsAre("x"));
  const auto absolute = manifest_of<AbsSnapshot>({"//s/t/a/x", "/a\\b/y", "C:/z"});
  EXPECT_THAT(words_of_result(subtree(absolute, "\\\\s\\t\\a")), ElementsAre("x"));
  EXPECT_THAT(words_of_result(subtree(absolute, "/a\\b")), ElementsAre("y"));
  EXPECT_THAT(words_of_result(subtree(absolute, "C:\\")), ElementsAre("z"));
}

TEST(ManifestSubtree, RefusesMalformedPaths) {
  for (const char* path : {"a//b", "./a", "a/..", "a/../b"}) {
    expect_error(subtree(Snapshot(), path), ErrorCode::kInvalidArgument, "path '" + std::string(path) + "' has a",
                 "write the path as it is in the manifest");
  }
  expect_error(subtree(Snapshot(), "a\xFF"), ErrorCode::kInvalidArgument, "is not valid text", "write the path");
}

TEST(ManifestSubtree, OfAnAbsoluteManifestIsRelativeAndLeavesOtherFileSystemsOut) {
  const auto tree = manifest_of<AbsSnapshot>({"/mnt/a", "//s/t/b", "C:/c"});
  EXPECT_THAT(words_of_result(subtree(tree, "/")), ElementsAre("mnt/", "mnt/a"));
  EXPECT_THAT(words_of_result(subtree(tree, "//s/t")), ElementsAre("b"));
}

TEST(ManifestSubtree, StripsTheTargetsOfLinks) {
  EXPECT_THAT(
      words_of_result(subtree(manifest_of<Snapshot>({"p/l->p/d/x", "p/m->p/d/../y", "p/n->./p/./z", "p/o->p"}), "p")),
      ElementsAre("l->d/x", "m->d/../y", "n->z", "o->."));
  EXPECT_THAT(words_of_result(subtree(manifest_of<AbsSnapshot>({"/p/l->/p/q/../x"}), "/p")), ElementsAre("l->q/../x"));
}

TEST(ManifestSubtree, RefusesLinksToTheOutsideOrLeavesThemOut) {
  const auto tree = manifest_of<Snapshot>({"p/l->q", "p/m->p/../q", "p/n->pq", "p/x"});
  expect_error(subtree(tree, "p"), ErrorCode::kOutsideRoot, "the link 'p/l' leads to 'q', which is outside of 'p'",
               "leave such links out");
  ExcludedLinks excluded;
  const auto part = subtree(tree, "p", {.links = LinkPolicy::kExclude, .excluded = &excluded});
  EXPECT_THAT(words_of_result(part), ElementsAre("x"));
  EXPECT_THAT(excluded, ElementsAre("p/l", "p/m", "p/n"));
}

TEST(ManifestSubtree, RefusesWhatWouldBecomeADrive) {
  expect_error(subtree(manifest_of<Snapshot>({"p/C:/x"}), "p"), ErrorCode::kInvalidManifest, "'p/C:'", "rename");
}

TEST(ManifestToRelative, RefusesWhatLiesOutsideTheRoot) {
  const auto tree = manifest_of<AbsSnapshot>({"/mnt/p/x", "/mnt/q"});
  expect_error(to_relative(tree, "/mnt/p"), ErrorCode::kOutsideRoot, "not everything lies below the root '/mnt/p'",
               "give a root that holds all paths");
  EXPECT_THAT(words_of_result(to_relative(tree, "/mnt")), ElementsAre("p/", "p/x", "q"));
  EXPECT_THAT(words_of_result(to_relative(manifest_of<AbsSnapshot>({"/mnt/p/x"}), "/mnt/p/")), ElementsAre("x"));
  expect_error(to_relative(manifest_of<AbsSnapshot>({"//s/t/x"}), "/"), ErrorCode::kOutsideRoot, "below the root '/'",
               "give a root");
}

TEST(ManifestToRelative, AcceptsTheDirectoriesThatTheRootLiesIn) {
  EXPECT_THAT(words_of_result(to_relative(manifest_of<AbsSnapshot>({"/mnt/"}), "/mnt/p")), IsEmpty());
  expect_error(to_relative(manifest_of<AbsSnapshot>({"/mnt/q/"}), "/mnt/p"), ErrorCode::kOutsideRoot,
               "not everything lies below", "give a root");
}

// --- partition
// -----------------------------------------------------------------------------------------------------------

std::vector<std::string> partitioned(Words words, const PartitionOptions& options = {}) {
  const auto parts = partition(manifest_of<AbsSnapshot>(words), options);
  if (!parts) return {"error: " + parts.error().to_string()};
  std::vector<std::string> all;
  for (const auto& part : *parts) {
    all.push_back(part.root + ":");
    for (const std::string& word : words_of(part.manifest)) all.push_back(word);
  }
  return all;
}

TEST(ManifestPartition, FindsTheDeepestDirectoryThatHoldsEverything) {
  EXPECT_THAT(partitioned({"/mnt/p/a/x", "/mnt/p/b/y"}), ElementsAre("/mnt/p:", "a/", "b/", "a/x", "b/y"));
  EXPECT_THAT(partitioned({"/mnt/pa/x", "/mnt/pb/y"}), ElementsAre("/mnt:", "pa/", "pb/", "pa/x", "pb/y"));
  EXPECT_THAT(partitioned({"/mnt/p/only"}), ElementsAre("/mnt/p:", "only"));
  EXPECT_THAT(partitioned({}), IsEmpty());
}

TEST(ManifestPartition, CountsEmptyDirectoriesAsContent) {
  EXPECT_THAT(partitioned({"/mnt/p/x", "/mnt/e/"}), ElementsAre("/mnt:", "e/", "p/", "p/x"));
  EXPECT_THAT(partitioned({"/mnt/e/"}), ElementsAre("/mnt:", "e/"));
}

TEST(ManifestPartition, GivesARootToEachFileSystem) {
  EXPECT_THAT(partitioned({"/a/x", "/a/y", "C:/b/x", "//s/t/c/x", "//s/u/d"}),
              ElementsAre("//s/t:", "c/", "c/x", "//s/u:", "d", "/a:", "x", "y", "C::", "b/", "b/x"));
}

TEST(ManifestPartition, HoldsReferencedPathsToo) {
  EXPECT_THAT(partitioned({"/mnt/p/a/x"}, {.referenced_paths = {"/mnt/p/ref/file"}}),
              ElementsAre("/mnt/p:", "a/", "a/x"));
  EXPECT_THAT(partitioned({"/mnt/p/x"}, {.referenced_paths = {"/mnt/p"}}), ElementsAre("/mnt/p:", "x"));
  EXPECT_THAT(partitioned({"/mnt/p/x"}, {.referenced_paths = {"//mnt/p/q", "D:/y"}}), ElementsAre("/mnt/p:", "x"));
}

TEST(ManifestPartition, CutsAtTheRootsThatAreGiven) {
  EXPECT_THAT(partitioned({"/a/x", "/ab/y", "/c/z"}, {.roots = {"/c/", "/a", "/empty"}}),
              ElementsAre("/a:", "x", "/c:", "z"));
}

TEST(ManifestPartition, RefusesRootsThatOverlapAreRelativeOrMalformed) {
  const auto error = [](std::vector<std::string> roots) {
    const auto parts = partition(AbsSnapshot(), {.roots = std::move(roots)});
    EXPECT_FALSE(parts);
    return parts ? "" : std::string(to_string(parts.error().code())) + ": " + parts.error().to_string();
  };
  EXPECT_THAT(error({"/a/b", "/a"}), HasSubstr("invalid-argument: the root '/a/b' lies in the root '/a'; give roots of "
                                               "which none holds another"));
  EXPECT_THAT(error({"/a", "/a/"}), HasSubstr("the root '/a' lies in the root '/a'"));
  EXPECT_THAT(error({"/", "C:/", "/x"}), HasSubstr("the root '/x' lies in the root '/'"));
  EXPECT_THAT(error({"a"}), HasSubstr("path 'a' is not absolute"));
  EXPECT_THAT(error({"/a/../b"}), HasSubstr("has a component '..'"));
  EXPECT_TRUE(partition(AbsSnapshot(), {.roots = {"/a", "/ab", "//s/t", "C:"}}));
}

TEST(ManifestPartition, TreatsLinksAsItIsTold) {
  expect_error(partition(manifest_of<AbsSnapshot>({"/p/l->/q", "/p/x"})), ErrorCode::kOutsideRoot,
               "the link '/p/l' leads to '/q', which is outside of '/p'", "leave such links out");
  ExcludedLinks excluded;
  EXPECT_THAT(partitioned({"/p/l->/q", "/p/x"}, {.cut = {.links = LinkPolicy::kExclude, .excluded = &excluded}}),
              ElementsAre("/p:", "x"));
  EXPECT_THAT(excluded, ElementsAre("/p/l"));
}

// --- join
// --------------------------------------------------------------------------------------------------------------

TEST(ManifestJoin, MovesEverythingBelowADirectory) {
  const auto tree = manifest_of<Snapshot>({"a/x", "e/", "l->a/x", "m->."});
  EXPECT_THAT(words_of_result(join(tree, "p/q")),
              ElementsAre("p/", "p/q/", "p/q/a/", "p/q/e/", "p/q/a/x", "p/q/l->p/q/a/x", "p/q/m->p/q/."));
  EXPECT_EQ(words_of_result(join(tree, "")), words_of(tree));
  EXPECT_EQ(words_of_result(join(tree, "p\\q\\")), words_of_result(join(tree, "p/q")));
  EXPECT_THAT(words_of_result(join(Snapshot(), "p")), IsEmpty());
}

TEST(ManifestJoin, KeepsTheParentOfADiff) {
  const auto change = manifest_of<SnapshotDiff>({"-a/", "-a/x"});
  const auto moved = join(change, "p");
  EXPECT_THAT(words_of_result(moved), ElementsAre("p/", "-p/a/", "-p/a/x"));
  EXPECT_EQ(moved->parent_hash(), change.parent_hash());
}

TEST(ManifestJoin, RefusesAbsoluteAndMalformedPrefixes) {
  for (const char* prefix : {"/p", "C:/p", "C:", "\\\\s\\t"}) {
    expect_error(join(Snapshot(), prefix), ErrorCode::kInvalidArgument, "is absolute, in a manifest of relative paths",
                 "write the path");
  }
  expect_error(join(Snapshot(), "p/../q"), ErrorCode::kInvalidArgument, "has a component '..'", "write the path");
  expect_error(to_absolute(Snapshot(), "p"), ErrorCode::kInvalidArgument, "is not absolute", "write the path");
}

TEST(ManifestJoin, RefusesPathsThatGetTooDeepAndTargetsThatGetTooLong) {
  std::string deep = "a";
  for (int i = 1; i < 9'999; ++i) deep += "/a";
  expect_error(join(manifest_of<Snapshot>({"b/c/d/"}), deep), ErrorCode::kInvalidArgument,
               "would lie below more than 10000 directories", "use a shorter path");
  const std::string target(65'530, 't');
  expect_error(join(manifest_of<Snapshot>({"l->" + target}), "prefix"), ErrorCode::kInvalidArgument,
               "the target of the link 'l' would be longer than 65535 bytes", "use a shorter path");
}

TEST(ManifestToAbsolute, PutsEverythingBelowAnAbsoluteDirectory) {
  const auto tree = manifest_of<Snapshot>({"a/x", "l->a"});
  EXPECT_THAT(words_of_result(to_absolute(tree, "/")), ElementsAre("/a/", "/a/x", "/l->/a"));
  EXPECT_THAT(words_of_result(to_absolute(tree, "C:")), ElementsAre("C:/a/", "C:/a/x", "C:/l->C:/a"));
  EXPECT_THAT(words_of_result(to_absolute(tree, "\\\\s\\t\\p")),
              ElementsAre("//s/t/p/", "//s/t/p/a/", "//s/t/p/a/x", "//s/t/p/l->//s/t/p/a"));
}

TEST(ManifestOperations, RefuseSizesThatDoNotAddUpInSixtyFourBits) {
  const auto one = manifest_of<Snapshot>({"a=9223372036854775807", "b=2"});
  const auto other = manifest_of<Snapshot>({"c=9223372036854775807"});
  const std::vector<const Snapshot*> both{&one, &other};
  expect_error(compose(std::span<const Snapshot* const>(both)), ErrorCode::kInvalidManifest,
               "the sizes of all files together exceed 64 bits", "");
}

}  // namespace
}  // namespace attache
