#include <attache/fsio/file_system.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(FileSystem, TheSystemsOwnAreNotRemote) {
  EXPECT_FALSE(may_be_remote_file_system("/proc"));
  EXPECT_FALSE(may_be_remote_file_system("/dev"));
}

TEST(FileSystem, WhatDoesNotExistIsNotRemote) {
  const TemporaryDirectory dir;
  EXPECT_FALSE(may_be_remote_file_system(dir / "missing"));
}

}  // namespace
}  // namespace attache
