#include <attache/paths/attachments.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

std::string error_of(std::string_view json) {
  const auto attachments = parse_attachments(json);
  return attachments ? "accepted" : attachments.error().message();
}

TEST(Attachments, AreWrittenInTheIncumbentsOrderWithoutWhatIsEmpty) {
  Attachments attachments{{{.root_path = "/r"},
                           {.root_path = "C:\\x",
                            .root_path_format = PathFormat::kWindows,
                            .file_system_location_name = "L",
                            .input_manifest_path = "p",
                            .input_manifest_hash = "h",
                            .output_relative_directories = {".", "a\\b"}}},
                          JobAttachmentsFileSystem::kVirtual};
  const std::string json = encode_attachments(attachments);
  EXPECT_EQ(json,
            R"({"manifests":[{"rootPath":"/r","rootPathFormat":"posix"},)"
            R"({"rootPath":"C:\\x","fileSystemLocationName":"L","rootPathFormat":"windows","inputManifestPath":"p",)"
            R"("inputManifestHash":"h","outputRelativeDirectories":[".","a\\b"]}],"fileSystem":"VIRTUAL"})");
  EXPECT_EQ(**parse_attachments(json), attachments);
}

TEST(Attachments, NoneAreNone) {
  EXPECT_EQ(*parse_attachments("{}"), std::nullopt);
  EXPECT_EQ(*parse_attachments("null"), std::nullopt);
  EXPECT_EQ((*parse_attachments(R"({"manifests":[]})"))->file_system, JobAttachmentsFileSystem::kCopied);
}

TEST(Attachments, AreReadOutOfWhatGetJobAnswers) {
  const auto attachments = parse_attachments(
      R"({"jobId":"job-1","attachments":{"manifests":[{"rootPath":"/a","rootPathFormat":"posix"}]}})");
  ASSERT_TRUE(attachments) << attachments.error().to_string();
  EXPECT_EQ((*attachments)->manifests.front().root_path, "/a");
  EXPECT_EQ(*parse_attachments(R"({"jobId":"job-1","attachments":{}})"), std::nullopt);
  const auto none = parse_attachments(R"({"jobId":"job-1","name":"no files"})");
  ASSERT_TRUE(none) << none.error().to_string();
  EXPECT_EQ(*none, std::nullopt);
  EXPECT_EQ(error_of(R"({"attachments":[]})"), "job attachments: they are not an object");
}

TEST(Attachments, NullIsAbsentAndOtherKeysAreIgnored) {
  const auto properties = parse_manifest_properties(
      R"({"rootPath":"/a","rootPathFormat":"posix","fileSystemLocationName":null,"outputRelativeDirectories":null,"x":1})");
  ASSERT_TRUE(properties) << properties.error().to_string();
  EXPECT_EQ(*properties, (ManifestProperties{.root_path = "/a"}));
}

TEST(Attachments, WhatIsWrongIsNamed) {
  EXPECT_EQ(error_of(R"({"fileSystem":"COPIED"})"), "job attachments: 'manifests' is missing");
  EXPECT_EQ(error_of(R"({"manifests":[{"rootPath":"/a","rootPathFormat":"posix"},{"rootPath":"/a"}]})"),
            "job attachments: manifest 1: 'rootPathFormat' is missing");
  EXPECT_EQ(error_of(R"({"manifests":[{"rootPath":"/a","rootPathFormat":"POSIX"}]})"),
            "job attachments: manifest 0: 'rootPathFormat' is 'POSIX'");
  EXPECT_EQ(error_of(R"({"manifests":[[]]})"), "job attachments: manifest 0: it is not an object");
  EXPECT_EQ(error_of(R"({"manifests":[],"fileSystem":"copied"})"), "job attachments: 'fileSystem' is 'copied'");
  EXPECT_EQ(error_of(R"({"manifests":[{"rootPath":1,"rootPathFormat":"posix"}]})"),
            "job attachments: manifest 0: 'rootPath' must be a string, not an integer");
}

}  // namespace
}  // namespace attache
