#include "suggestion.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(Suggestion, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words{"--root", "--include", "--exclude", "snapshot"};
  EXPECT_EQ(closest("--rot", words), "--root");
  EXPECT_EQ(closest("--exlude", words), "--exclude");
  EXPECT_EQ(closest("snapshto", words), "snapshot");
}

TEST(Suggestion, StaysSilentWhenNothingIsClose) {
  EXPECT_EQ(closest("--frobnicate", {"--root"}), std::nullopt);
  EXPECT_EQ(closest("-x", {"--"}), std::nullopt);
  EXPECT_EQ(closest("", {"a"}), std::nullopt);
}

}  // namespace
}  // namespace attache
