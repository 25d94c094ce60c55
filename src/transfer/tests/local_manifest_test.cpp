#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/transfer/local_manifest.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(LocalManifest, IsKeptWithALineForEachTime) {
  const TemporaryDirectory directory;
  const std::string root = directory.path() + std::string("/made");
  must(keep_local_manifest({.directory = root, .s3_key = "p/Manifests/f/q/Inputs/1/h_input"}, "one"));
  must(keep_local_manifest({.directory = root, .s3_key = "p/Manifests/f/q/Inputs/2/h_input"}, "two"));
  must(keep_local_manifest({.directory = root, .s3_key = "p/Manifests/f/q/Inputs/3/i_input"}, "three"));
  EXPECT_EQ(read_text(root + "/manifests/h_input"), "two");
  EXPECT_EQ(read_text(root + "/manifests/i_input"), "three");
  EXPECT_EQ(read_text(root + "/manifests/manifest_s3_mapping"),
            "{'local_file': 'h_input', 's3_key': 'p/Manifests/f/q/Inputs/1/h_input'}\n"
            "{'local_file': 'h_input', 's3_key': 'p/Manifests/f/q/Inputs/2/h_input'}\n"
            "{'local_file': 'i_input', 's3_key': 'p/Manifests/f/q/Inputs/3/i_input'}\n");
}

TEST(LocalManifest, HasADirectoryOfAnotherNameOnRequest) {
  const TemporaryDirectory directory;
  must(keep_local_manifest({.directory = directory.path(), .name_prefix = "job", .s3_key = "p/h_input"}, "one"));
  EXPECT_EQ(read_text(directory.path() + std::string("/job_manifests/h_input")), "one");
}

TEST(LocalManifest, SaysWhatCannotBeWritten) {
  const TemporaryDirectory directory;
  write_tree(directory.path(), {{"file", "x"}});
  EXPECT_FALSE(keep_local_manifest({.directory = directory.path() + std::string("/file"), .s3_key = "p/h"}, "one"));
}

}  // namespace
}  // namespace attache
