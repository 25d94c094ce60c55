#include <attache/cli/exit_status.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(ExitStatus, SeparatesWhatAScriptCanActOn) {
  EXPECT_EQ(exit_status_of(ErrorCode::kInvalidArgument), ExitStatus::kUsage);
  EXPECT_EQ(exit_status_of(ErrorCode::kUnsupported), ExitStatus::kFailure);
  EXPECT_EQ(exit_status_of(ErrorCode::kInvalidManifest), ExitStatus::kBadDocument);
  EXPECT_EQ(exit_status_of(ErrorCode::kNotFound), ExitStatus::kNotFound);
  EXPECT_EQ(exit_status_of(ErrorCode::kUnauthenticated), ExitStatus::kRefused);
  EXPECT_EQ(exit_status_of(ErrorCode::kIntegrity), ExitStatus::kIntegrity);
  EXPECT_EQ(exit_status_of(ErrorCode::kSourceChanged), ExitStatus::kIntegrity);
  EXPECT_EQ(exit_status_of(ErrorCode::kOutsideRoot), ExitStatus::kOutsideRoot);
  EXPECT_EQ(exit_status_of(ErrorCode::kNoSpace), ExitStatus::kLocal);
  EXPECT_EQ(exit_status_of(ErrorCode::kOutOfMemory), ExitStatus::kLocal);
  EXPECT_EQ(exit_status_of(ErrorCode::kNetwork), ExitStatus::kNetwork);
  EXPECT_EQ(exit_status_of(ErrorCode::kCancelled), ExitStatus::kCancelled);
  EXPECT_EQ(static_cast<int>(ExitStatus::kCancelled), 130);
}

}  // namespace
}  // namespace attache
