#include <attache/base/error.hpp>
#include <attache/base/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace attache {
namespace {

TEST(Error, NamesEveryCodeDifferently) {
  std::set<std::string> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kCancelled); ++code) {
    names.insert(std::string(to_string(static_cast<ErrorCode>(code))));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::kCancelled) + 1);
  EXPECT_EQ(names.count("unknown"), 0U);
  EXPECT_EQ(to_string(ErrorCode::kOutsideRoot), "outside-root");
}

TEST(Error, WithinPutsTheContextBeforeTheMessageAndKeepsCodeAndRemedy) {
  const Error error = Error(ErrorCode::kIo, "read failed", "try again").within("file 'a'");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "file 'a': read failed");
  EXPECT_EQ(error.remedy(), "try again");
}

TEST(Error, ToStringJoinsMessageAndRemedyIfThereIsOne) {
  EXPECT_EQ(Error(ErrorCode::kIo, "read failed", "try again").to_string(), "read failed; try again");
  EXPECT_EQ(Error(ErrorCode::kCancelled, "cancelled").to_string(), "cancelled");
}

Status fails_if(bool condition) {
  if (condition) return fail(ErrorCode::kNotFound, "nothing there", "look elsewhere");
  return {};
}

Result<std::unique_ptr<int>> number_unless(bool condition) {
  ATTACHE_TRY(fails_if(condition));
  return std::make_unique<int>(7);
}

Result<int> sum_unless(bool first, bool second) {
  ATTACHE_ASSIGN(const auto a, number_unless(first));
  ATTACHE_ASSIGN(const auto b, number_unless(second));
  return *a + *b;
}

TEST(Result, TryAndAssignPassValuesOnAndLeaveWithTheFirstError) {
  EXPECT_EQ(sum_unless(false, false).value(), 14);
  for (const bool first : {true, false}) {
    const Result<int> result = sum_unless(first, true);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(result.error().to_string(), "nothing there; look elsewhere");
  }
}

TEST(Result, CancelledIsACodeOfItsOwn) {
  const Status status = cancelled();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
