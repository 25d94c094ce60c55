#include <attache/fsio/journal.hpp>
#include <attache/fsio/testing/small_disk.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A store whose connection breaks after some bytes of an object; what was asked for is noted.
class BreakingStore final : public ObjectStore {
 public:
  explicit BreakingStore(ObjectStore& inner) : inner_(inner) {}

  std::uint64_t breaks_after = UINT64_MAX;
  ErrorCode code = ErrorCode::kNetwork;
  std::vector<std::uint64_t> offsets;

  std::string root_uri() const override { return inner_.root_uri(); }
  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    return inner_.head(key, std::move(stop));
  }
  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    return inner_.put(key, source, options, std::move(stop));
  }
  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    offsets.push_back(options.offset);
    CutSink cut(sink, *this);
    return inner_.get(key, cut, options, std::move(stop));
  }
  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    return inner_.list(prefix, options, std::move(stop));
  }
  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    return inner_.copy(from, to, options, std::move(stop));
  }
  Status remove(std::string_view key, std::stop_token stop) override { return inner_.remove(key, std::move(stop)); }
  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    return inner_.remove_all(keys, std::move(stop));
  }
  Status make_durable(std::stop_token stop) override { return inner_.make_durable(std::move(stop)); }

 private:
  class CutSink final : public ObjectSink {
   public:
    CutSink(ObjectSink& sink, BreakingStore& store) : sink_(sink), store_(store) {}
    Status begin(const ObjectInfo& info) override { return sink_.begin(info); }
    Status write(std::span<const std::byte> data) override {
      if (data.size() <= store_.breaks_after) {
        store_.breaks_after -= data.size();
        return sink_.write(data);
      }
      if (store_.breaks_after != 0) {
        const Status written = sink_.write(data.first(static_cast<std::size_t>(store_.breaks_after)));
        if (!written) return written;
      }
      return fail(store_.code, "the connection broke", "try again");
    }

   private:
    ObjectSink& sink_;
    BreakingStore& store_;
  };

  ObjectStore& inner_;
};

class DownloadResume : public testing::Test {
 protected:
  DownloadResume() { store_contents(*inner_, files_); }

  DownloadOptions options(ConflictResolution conflict = ConflictResolution::kCreateCopy) const {
    DownloadOptions options;
    options.destination = destination();
    options.conflict = conflict;
    options.small_bytes = 1000;
    options.workers = 1;
    return options;
  }
  std::string destination() const { return directory_ / "restored"; }
  fs::path at(const std::string& path) const { return fs::path(destination()) / path; }
  std::vector<std::string> hidden() const {
    std::vector<std::string> names;
    for (const std::string& name : names_below(destination())) {
      if (name.find(".attache-") != std::string::npos) names.push_back(name);
    }
    return names;
  }
  fs::path part() const {
    for (const std::string& name : hidden()) {
      if (name.ends_with(".tmp")) return at(name);
    }
    return {};
  }
  /// Ends after so many bytes of the large file.
  void interrupt(std::uint64_t bytes, ConflictResolution conflict = ConflictResolution::kCreateCopy) {
    store_.breaks_after = bytes;
    const auto report = download_manifest(manifest_of(files_), store_, options(conflict), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), store_.code);
    store_.breaks_after = UINT64_MAX;
    store_.offsets.clear();
  }
  void expect_restored() {
    for (const TestFile& file : files_) {
      EXPECT_EQ(read_text(at(file.path)), file.content) << file.path;
      EXPECT_EQ(mtime_us_of(at(file.path)), file.mtime_us);
    }
    EXPECT_THAT(hidden(), IsEmpty());
  }

  TemporaryDirectory directory_;
  std::vector<TestFile> files_{{"d/large", std::string(600'000, 'x') + std::string(400'000, 'y')},
                               {"d/small", "s"},
                               {"copy", std::string(600'000, 'x') + std::string(400'000, 'y'), 7}};
  std::unique_ptr<ObjectStore> inner_ = make_memory_store();
  BreakingStore store_{*inner_};
};

TEST_F(DownloadResume, GoesOnWhereALargeFileBroke) {
  interrupt(500'000);
  ASSERT_EQ(hidden().size(), 2U) << "a journal, and the beginning of the file";
  EXPECT_EQ(fs::file_size(part()), 500'000U);
  const auto report = download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_THAT(store_.offsets, Contains(500'000U));
  EXPECT_EQ(report.bytes_resumed, 500'000U);
  EXPECT_EQ(report.bytes_fetched, 500'001U);
  expect_restored();
}

TEST_F(DownloadResume, SetsModesOfDirectoriesThatTheDeadRunFilled) {
  files_ = {{"done/larger", std::string(1'200'000, 'z')}, {"broken/large", std::string(1'000'000, 'x')}};
  store_contents(*inner_, files_);
  DownloadOptions with_modes = options();
  with_modes.permissions.directory_mode = 02070;
  store_.breaks_after = 1'500'000;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, with_modes, {}));
  ASSERT_TRUE(fs::exists(at("done/larger")));
  store_.breaks_after = UINT64_MAX;
  download_manifest(manifest_of(files_), store_, with_modes, {}).value();
  expect_restored();
  for (const char* name : {"", "done", "broken"}) {
    EXPECT_EQ(fs::status(at(name)).permissions() & fs::perms{02070}, fs::perms{02070}) << name;
  }
}

TEST_F(DownloadResume, BelievesNoBeginningThatIsWrong) {
  interrupt(500'000);
  std::fstream(part(), std::ios::in | std::ios::out | std::ios::binary).seekp(1000) << "damage";
  const auto report = download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_EQ(report.bytes_resumed, 0U);
  expect_restored();
}

TEST_F(DownloadResume, FetchesNothingOfWhatIsComplete) {
  interrupt(500'000);
  std::ofstream(part(), std::ios::app | std::ios::binary) << std::string(100'000, 'x') + std::string(400'000, 'y');
  const auto report = download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_EQ(store_.offsets.size(), 1U);  // the small one
  EXPECT_EQ(report.bytes_resumed, 1'000'000U);
  expect_restored();
}

TEST_F(DownloadResume, TakesNoLinkAndNoOtherFileForTheBeginning) {
  interrupt(500'000);
  const fs::path name = part();
  fs::remove(name);
  std::ofstream(directory_ / "outside") << "precious";
  fs::create_symlink(directory_ / "outside", name);
  download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_EQ(read_text(directory_ / "outside"), "precious");
  expect_restored();
}

TEST_F(DownloadResume, TakesNoPathForTheNameOfABeginning) {
  // Another user of the destination may have written the journal. The victim is a file of this one, elsewhere.
  const std::string name = ".attache-0123456789abcdef-0";
  fs::create_directories(at("d") / name);
  std::ofstream(directory_ / "victim.tmp") << "precious";
  {
    auto journal = Journal::open(at(".attache-0123456789abcdef.journal"), "download-1").value();
    const std::string hash = xxh128(files_[0].content).to_hex();
    must(journal->append("P" + hash + "d" + '\0' + name + "/../../../victim.tmp"));
  }
  const auto report = download_manifest(manifest_of(files_), store_, options(), {});
  EXPECT_TRUE(report);
  EXPECT_EQ(read_text(directory_ / "victim.tmp"), "precious");
  fs::remove(at("d") / name);
  expect_restored();
}

TEST_F(DownloadResume, CopiesNoneOfItsOwnFiles) {
  // The small ones are complete when the large one breaks.
  files_ = {{"a", "1"}, {"b", "2"}, {"mine", "3"}, {"z", std::string(5000, 'z')}};
  store_contents(*inner_, files_);
  write_tree(destination(), {{"mine", "of the user's"}});
  DownloadOptions small_first = options();
  store_.breaks_after = 4;
  small_first.small_bytes = 100'000;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, small_first, {}));
  EXPECT_EQ(read_text(at("mine (1)")), "3");
  store_.breaks_after = UINT64_MAX;
  const auto report = download_manifest(manifest_of(files_), store_, small_first, {}).value();
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "b", "mine", "mine (1)", "z"));
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kPresent);
  EXPECT_EQ(report.files[2].path, "mine (1)");
  EXPECT_EQ(report.files[2].outcome, DownloadOutcome::kPresent);
  EXPECT_EQ(read_text(at("mine")), "of the user's");
  // That run succeeded: a new one is a new one.
  const auto again = download_manifest(manifest_of(files_), store_, small_first, {}).value();
  EXPECT_EQ(again.files[0].path, "a (1)");
}

TEST_F(DownloadResume, CopiesNoneOfItsOwnFilesAfterAnotherDownloadFailed) {
  files_ = {{"a", "1"}, {"z", std::string(5000, 'z')}};
  store_contents(*inner_, files_);
  DownloadOptions small_first = options();
  small_first.small_bytes = 100'000;
  store_.breaks_after = 1;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, small_first, {}));
  store_.breaks_after = UINT64_MAX;
  ASSERT_FALSE(download_manifest(manifest_of({{"b", "not in the store"}}), store_, small_first, {}));
  download_manifest(manifest_of(files_), store_, small_first, {}).value();
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "z"));
}

TEST_F(DownloadResume, CopiesNoneOfItsOwnFilesHoweverOftenItIsInterrupted) {
  // Each run takes over what the one before it knew, and says it again: in the destination itself and below.
  files_ = {{"d/mine", "1"}, {"mine", "2"}, {"z", std::string(5000, 'z')}};
  store_contents(*inner_, files_);
  write_tree(destination(), {{"d/mine", "of the user's"}, {"mine", "of the user's"}});
  DownloadOptions all_small = options();
  all_small.small_bytes = 100'000;
  for (const std::uint64_t bytes : {3U, 1U, 1U}) {
    store_.breaks_after = bytes;
    ASSERT_FALSE(download_manifest(manifest_of(files_), store_, all_small, {}));
    EXPECT_EQ(read_text(at("d/mine (1)")), "1");
    EXPECT_EQ(read_text(at("mine (1)")), "2");
  }
  store_.breaks_after = UINT64_MAX;
  download_manifest(manifest_of(files_), store_, all_small, {}).value();
  EXPECT_THAT(names_below(destination()), ElementsAre("d", "d/mine", "d/mine (1)", "mine", "mine (1)", "z"));
}

TEST_F(DownloadResume, FindsADamagedFileOfADeadRun) {
  files_ = {{"a", "1"}, {"z", std::string(5000, 'z')}};
  store_contents(*inner_, files_);
  DownloadOptions all_small = options(ConflictResolution::kOverwrite);
  all_small.small_bytes = 100'000;
  store_.breaks_after = 1;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, all_small, {}));
  write_tree(destination(), {{"a", "2"}});  // as a power failure may leave it: size and time are right
  store_.breaks_after = UINT64_MAX;
  download_manifest(manifest_of(files_), store_, all_small, {}).value();
  expect_restored();
}

TEST_F(DownloadResume, RemovesWhatDeadRunsLeftAndNothingElse) {
  interrupt(500'000);
  const std::string run = part().filename().string().substr(0, 25);
  ASSERT_EQ(run.size(), 25U);
  std::ofstream(at("d/" + run + "-ffff.tmp")) << "left over";
  std::ofstream(at("d/.attache-0123456789abcdef-1.tmp")) << "of a run that nobody knows";
  download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_THAT(hidden(), ElementsAre("d/.attache-0123456789abcdef-1.tmp"));
}

constexpr std::uint64_t kSmallDisk = std::uint64_t{2} << 20U;

TEST_F(DownloadResume, CountsTheSpaceThatItsOwnBeginningTakes) {
  files_ = {{"large", std::string(1'500'000, 'x')}};
  store_contents(*inner_, files_);
  fs::create_directories(destination());
  const auto found = on_a_small_disk(destination(), kSmallDisk, [this]() -> std::string {
    store_.breaks_after = 1'200'000;
    if (download_manifest(manifest_of(files_), store_, options(), {})) return "was not interrupted";
    store_.breaks_after = UINT64_MAX;
    const auto report = download_manifest(manifest_of(files_), store_, options(), {});
    if (!report) return report.error().to_string();
    return report->bytes_resumed == 1'200'000 && read_text(at("large")) == files_[0].content ? "restored" : "otherwise";
  });
  if (!found) GTEST_SKIP() << "no file system can be mounted here";
  EXPECT_EQ(*found, "restored");
}

TEST_F(DownloadResume, CountsTheSpaceThatItIsAboutToFree) {
  files_ = {{"large", std::string(1'500'000, 'x')}};
  const std::vector<TestFile> others{{"other", std::string(1'500'000, 'o')}};
  store_contents(*inner_, files_);
  store_contents(*inner_, others);
  fs::create_directories(destination());
  const auto found = on_a_small_disk(destination(), kSmallDisk, [&]() -> std::string {
    store_.breaks_after = 1'200'000;
    if (download_manifest(manifest_of(files_), store_, options(), {})) return "was not interrupted";
    store_.breaks_after = UINT64_MAX;
    const auto report = download_manifest(manifest_of(others), store_, options(), {});
    if (!report) return report.error().to_string();
    return names_below(destination()) == std::vector<std::string>{"other"} ? "restored" : "otherwise";
  });
  if (!found) GTEST_SKIP() << "no file system can be mounted here";
  EXPECT_EQ(*found, "restored");
}

TEST_F(DownloadResume, RemovesTheBeginningOfWhatIsNotWantedAnyMore) {
  interrupt(500'000);
  files_ = {{"d/other", "o"}};
  store_contents(*inner_, files_);
  download_manifest(manifest_of(files_), store_, options(), {}).value();
  expect_restored();
}

TEST_F(DownloadResume, ForgetsNoBeginningThatAnotherDownloadHasNotComeTo) {
  interrupt(500'000);
  // Another manifest with the same content takes over, and gets nowhere.
  std::vector<TestFile> others = files_;
  others.push_back({"d/larger", std::string(2'000'000, 'o')});
  WatchedStore refusing(*inner_, [](const std::string&, const std::string&) -> Status {
    return fail(ErrorCode::kUnauthenticated, "no credentials", "get some");
  });
  ASSERT_FALSE(download_manifest(manifest_of(others), refusing, options(), {}));
  EXPECT_EQ(fs::file_size(part()), 500'000U);
  const auto report = download_manifest(manifest_of(files_), store_, options(), {}).value();
  EXPECT_EQ(report.bytes_resumed, 500'000U);
  expect_restored();
}

TEST_F(DownloadResume, LeavesNothingOfDamage) {
  put_text(*inner_, data_key(xxh128(files_[0].content)), std::string(1'000'000, 'z'));
  const auto report = download_manifest(manifest_of(files_), store_, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kIntegrity);
  EXPECT_EQ(part(), fs::path());
}

TEST_F(DownloadResume, KeepsWhatWasCancelled) {
  store_.code = ErrorCode::kCancelled;
  interrupt(300'000);
  EXPECT_EQ(fs::file_size(part()), 300'000U);
  download_manifest(manifest_of(files_), store_, options(), {}).value();
  expect_restored();
}

TEST_F(DownloadResume, LeavesNoTraceIfItIsNotWanted) {
  DownloadOptions without = options();
  without.journal = false;
  store_.breaks_after = 500'000;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, without, {}));
  EXPECT_THAT(hidden(), IsEmpty());
}

TEST_F(DownloadResume, ForgetsNoTemporaryFileThatItCouldNotRemove) {
  interrupt(500'000);
  files_ = {{"d/other", "o"}};
  write_tree(destination(), files_);
  // As on a full disk: there can be no journal, and none is needed.
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit nothing = before;
  nothing.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
  const auto report = download_manifest(manifest_of(files_), store_, options(ConflictResolution::kSkip), {});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_FALSE(report->warnings.empty());
  download_manifest(manifest_of(files_), store_, options(ConflictResolution::kSkip), {}).value();
  expect_restored();
}

TEST_F(DownloadResume, HasItsJournalsInADirectoryForThem) {
  DownloadOptions apart = options();
  apart.journal_directory = directory_ / "state/downloads";
  store_.breaks_after = 500'000;
  ASSERT_FALSE(download_manifest(manifest_of(files_), store_, apart, {}));
  ASSERT_EQ(hidden().size(), 1U) << "the beginning of the file alone";
  EXPECT_EQ(names_below(apart.journal_directory).size(), 2U);
  store_.breaks_after = UINT64_MAX;
  // Another spelling of the same destination.
  apart.destination = directory_ / "/./restored/";
  EXPECT_EQ(download_manifest(manifest_of(files_), store_, apart, {}).value().bytes_resumed, 500'000U);
  expect_restored();
  EXPECT_THAT(names_below(apart.journal_directory), IsEmpty());
}

TEST_F(DownloadResume, DoesWithoutAPlaceForJournals) {
  std::ofstream(directory_ / "file") << "x";
  DownloadOptions apart = options();
  apart.journal_directory = directory_ / "file/state";
  EXPECT_EQ(download_manifest(manifest_of(files_), store_, apart, {}).value().warnings.size(), 1U);
  expect_restored();
}

TEST_F(DownloadResume, WorksBesideARunThatLives) {
  // The journal of a run that lives is locked: the other run neither reads nor removes it.
  bool is_nested = false;
  WatchedStore nested(*inner_, [&](const std::string&, const std::string&) -> Status {
    if (std::exchange(is_nested, true)) return {};
    return download_manifest(manifest_of(files_), *inner_, options(ConflictResolution::kSkip), {}).map([](auto&&) {});
  });
  const auto report = download_manifest(manifest_of(files_), nested, options(ConflictResolution::kSkip), {}).value();
  EXPECT_THAT(report.warnings, IsEmpty());
  for (const DownloadedFile& file : report.files) {
    EXPECT_EQ(file.outcome, DownloadOutcome::kPresent) << file.path << " is what the manifest says";
  }
  expect_restored();
}

TEST_F(DownloadResume, DoesWithoutAJournalThatIsNone) {
  fs::create_directories(destination());
  std::ofstream(at(".attache-0123456789abcdef.journal")) << "something else";
  const auto report = download_manifest(manifest_of(files_), store_, options(), {}).value();
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_THAT(report.warnings[0], HasSubstr(".attache-0123456789abcdef.journal"));
  EXPECT_EQ(read_text(at(".attache-0123456789abcdef.journal")), "something else");
  EXPECT_EQ(read_text(at("d/small")), "s");
}

}  // namespace
}  // namespace attache
