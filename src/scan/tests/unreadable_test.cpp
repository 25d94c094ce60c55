#include "unreadable.hpp"

#include <attache/fsio/system_error.hpp>

#include <gtest/gtest.h>

#include <cerrno>

namespace attache {
namespace {

TEST(Unreadable, ListsEveryOffenderWithItsReason) {
  Unreadable unreadable;
  EXPECT_FALSE(unreadable.any());
  unreadable.add("b\n", system_error("cannot open", "/r/b: c", EACCES));
  unreadable.add("a", system_error("cannot open", "/r/a", EIO));
  EXPECT_TRUE(unreadable.any());
  const Error error = unreadable.to_error("/r");
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "cannot read 2 paths below '/r': 'a' (Input/output error), 'b\\n' (Permission denied)");
  EXPECT_FALSE(error.remedy().empty());
}

TEST(Unreadable, SaysThatItIsPermissionsIfItIsNothingElse) {
  Unreadable unreadable;
  unreadable.add("a", system_error("cannot open", "/r/a", EACCES));
  EXPECT_EQ(unreadable.to_error("/r").code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(unreadable.to_error("/r").message(), "cannot read one path below '/r': 'a' (Permission denied)");
}

TEST(Unreadable, NamesTheFirstHundredAndCountsTheRest) {
  Unreadable unreadable;
  for (int i = 249; i >= 0; --i) {
    unreadable.add("f" + std::to_string(1000 + i), system_error("cannot open", "/r/f", EACCES));
  }
  const std::string message = unreadable.to_error("/r").message();
  EXPECT_NE(message.find("cannot read 250 paths"), std::string::npos);
  EXPECT_NE(message.find("'f1000'"), std::string::npos);
  EXPECT_NE(message.find("'f1099'"), std::string::npos);
  EXPECT_EQ(message.find("'f1100'"), std::string::npos);
  EXPECT_EQ(message.substr(message.size() - 13), " and 150 more");
}

}  // namespace
}  // namespace attache
