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

TEST(CasLayout, KnowsContentByItsKeyAndNothingElse) {
  const Digest digest = Digest::parse("00112233445566778899aabbccddeeff").value();
  for (const bool legacy : {false, true}) {
    const auto key = parse_data_key(legacy ? legacy_data_key(digest) : data_key(digest));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->hash, digest);
    EXPECT_EQ(key->legacy, legacy);
  }
  for (const char* other :
       {"", "Data/", "Data/.xxh128", "Data/00112233445566778899aabbccddeefF.xxh128", "00112233445566778899aabbccddeeff",
        "Data/00112233445566778899aabbccddee.xxh128", "Data/00112233445566778899aabbccddeeff.xxh128.xxh128",
        "Data/00112233445566778899aabbccddeeff.xxh64", "Data/00112233445566778899aabbccddeeff/x",
        "data/00112233445566778899aabbccddeeff", "x/Data/00112233445566778899aabbccddeeff",
        "Data//00112233445566778899aabbccddeeff", "Data/00112233445566778899aabbccddeeff "}) {
    EXPECT_FALSE(parse_data_key(other)) << other;
  }
}

}  // namespace
}  // namespace attache
