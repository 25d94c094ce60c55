#include <attache/store/cas_layout.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(CasLayout, NamesContentByItsHash) {
  const Digest digest = Digest::parse("00112233445566778899aabbccddeeff").value();
  EXPECT_EQ(data_key(digest), "Data/00112233445566778899aabbccddeeff.xxh128");
  EXPECT_EQ(legacy_data_key(digest), "Data/00112233445566778899aabbccddeeff");
}

TEST(CasLayout, NamesManifestsByPathAndName) {
  EXPECT_EQ(manifest_key("farm-1/queue-1/Inputs/guid", "h_input"), "Manifests/farm-1/queue-1/Inputs/guid/h_input");
  EXPECT_EQ(manifest_key("", "h_input"), "Manifests/h_input");
}

}  // namespace
}  // namespace attache
