#include <attache/hash/xxh3.hpp>
#include <attache/manifest/convert.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/names.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::HasSubstr;

const JobScope kTask{"farm-1", "queue-1", "job-1", "step-1", "task-1"};

class PublishManifest : public ::testing::Test {
 protected:
  std::unique_ptr<ObjectStore> store = make_memory_store();
  ManifestDocument document = document_of(manifest_of({"b", "a"})).value();
};

TEST_F(PublishManifest, StoresCanonicalBytes) {
  EXPECT_EQ(document.bytes, encode_v2023(manifest_of({"a", "b"})).value());
  EXPECT_EQ(document.hash, xxh128(document.bytes));
  EXPECT_EQ(document.content_type, "application/x-deadline-manifest-2023-03-03");
  const AnyManifest snapshot = to_v2025(manifest_of({"a"})).value();
  EXPECT_THAT(std::string(document_of(snapshot).value().content_type),
              HasSubstr("spec=relative-manifest-snapshot-beta-2025-12"));
}

TEST_F(PublishManifest, RefusesWhatNoReaderTakes) {
  EXPECT_EQ(document_of(Manifest()).error().code(), ErrorCode::kInvalidManifest);
  EXPECT_EQ(document_of(AnyManifest(Manifest())).error().code(), ErrorCode::kInvalidManifest);
  TreeBuilder<Snapshot> builder;
  ASSERT_TRUE(builder.add_file("a", FileData::unhashed(1, 1)));
  const AnyManifest unhashed = std::move(builder).build().value();
  const auto refused = document_of(unhashed);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("1 files without a hash"));
}

TEST_F(PublishManifest, PutsInputsWithoutMetadata) {
  const auto published =
      publish_input_manifest(document, "farm-1", "queue-1", "guid", "/mnt/é", *store, {}, {}).value();
  EXPECT_EQ(published.path, "farm-1/queue-1/Inputs/guid/" + input_manifest_name("/mnt/é").value());
  EXPECT_EQ(published.key, "Manifests/" + published.path);
  EXPECT_EQ(published.hash, document.hash);
  const ObjectInfo info = store->head(published.key, {}).value().value();
  EXPECT_TRUE(info.metadata.empty());
  EXPECT_EQ(info.size, document.bytes.size());
  EXPECT_EQ(published.bytes, document.bytes.size());
}

TEST_F(PublishManifest, PutsOutputsWithTheirOrigin) {
  const ManifestOrigin origin{"/mnt/é", "Loc"};
  const auto published =
      publish_output_manifest(document, kTask, "sessionaction-a-1", 0, origin, *store, {}, {}).value();
  EXPECT_EQ(published.path, "farm-1/queue-1/job-1/step-1/task-1/1970-01-01T00:00:00.000000Z_sessionaction-a-1/" +
                                output_manifest_name("Loc", "/mnt/é").value());
  EXPECT_EQ(store->head(published.key, {}).value()->metadata, origin_metadata(origin).value());
}

TEST_F(PublishManifest, PutsNothingIfTheOriginCannotBeStored) {
  for (const ManifestOrigin& origin : {ManifestOrigin{"/r", "Größe"}, ManifestOrigin{"", ""}}) {
    const auto refused = publish_output_manifest(document, kTask, "sessionaction-a-1", 0, origin, *store, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(store->list("", {}, {}).value().objects.empty());
}

TEST_F(PublishManifest, PutsItUnderAFolderAndAName) {
  EXPECT_EQ(publish_manifest(document, "a/b", "c", std::nullopt, *store, {}, {}).value().key, "Manifests/a/b/c");
  EXPECT_EQ(publish_manifest(document, "", "c", std::nullopt, *store, {}, {}).value().key, "Manifests/c");
  EXPECT_EQ(publish_manifest(document, "..", "c", std::nullopt, *store, {}, {}).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(PublishManifest, TagsAnObjectOfAServiceAndRefusesToElsewhere) {
  FakeS3 s3;
  const std::unique_ptr<ObjectStore> service = s3.store();
  const PublishOptions options{{{"project", "x & y"}}};
  const auto published = publish_manifest(document, "a", "b", ManifestOrigin{"/r"}, *service, options, {}).value();
  EXPECT_EQ(s3.tags("root/" + published.key), "project=x%20%26%20y");
  EXPECT_EQ(s3.headers("root/" + published.key).find("content-type"), document.content_type);
  EXPECT_EQ(publish_manifest(document, "a", "b", std::nullopt, *store, options, {}).error().code(),
            ErrorCode::kUnsupported);
}

TEST_F(PublishManifest, EndsWhenItIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(publish_manifest(document, "a", "b", std::nullopt, *store, {}, stop.get_token()).error().code(),
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
