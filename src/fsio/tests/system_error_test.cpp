#include <attache/fsio/system_error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace attache {
namespace {

struct Case {
  int error_number;
  ErrorCode code;
  const char* remedy_part;
};

TEST(SystemError, GivesEveryErrnoItsCodeAndARemedyThatFits) {
  const Case cases[] = {
      {ENOENT, ErrorCode::kNotFound, "path exists"},
      {ENOTDIR, ErrorCode::kNotFound, "directory is needed"},
      {EEXIST, ErrorCode::kAlreadyExists, "another name"},
      {EACCES, ErrorCode::kPermissionDenied, "permissions"},
      {EPERM, ErrorCode::kPermissionDenied, "permissions"},
      {EROFS, ErrorCode::kPermissionDenied, "read-only"},
      {ENOSPC, ErrorCode::kNoSpace, "free some space"},
      {EDQUOT, ErrorCode::kNoSpace, "quota"},
      {EXDEV, ErrorCode::kOutsideRoot, ""},
      {EINVAL, ErrorCode::kInvalidArgument, ""},
      {ENAMETOOLONG, ErrorCode::kInvalidArgument, "shorter"},
      {EISDIR, ErrorCode::kInvalidArgument, "directory"},
      {ENOSYS, ErrorCode::kUnsupported, ""},
      {EOPNOTSUPP, ErrorCode::kUnsupported, ""},
      {EIO, ErrorCode::kIo, "disk"},
      {ESTALE, ErrorCode::kIo, "mount"},
      {EMFILE, ErrorCode::kIo, "ulimit -n"},
      {EFBIG, ErrorCode::kIo, "ulimit -f"},
      {ENFILE, ErrorCode::kIo, "ulimit"},
      {ELOOP, ErrorCode::kIo, "circle"},
      {ETXTBSY, ErrorCode::kIo, ""},
  };
  for (const Case& c : cases) {
    const Error error = system_error("cannot do it", c.error_number);
    EXPECT_EQ(error.code(), c.code) << c.error_number;
    EXPECT_EQ(code_of_errno(c.error_number), c.code) << c.error_number;
    EXPECT_NE(error.remedy().find(c.remedy_part), std::string::npos) << error.remedy();
    EXPECT_FALSE(error.remedy().empty()) << c.error_number;
    EXPECT_EQ(error.message().rfind("cannot do it: ", 0), 0U) << error.message();
    EXPECT_GT(error.message().size(), std::string("cannot do it: ").size());
  }
}

TEST(SystemError, NamesThePathWithoutLettingItForgeOutput) {
  EXPECT_EQ(system_error("cannot open", "/a/b\n\x1b[31m", ENOENT).message(),
            "cannot open '/a/b\\n\\x1b[31m': No such file or directory");
}

}  // namespace
}  // namespace attache
