#include <attache/manifest/codec_v2023.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace attache {
namespace {

// 1,000 entries with names from many scripts, and the bytes that the incumbent made of them.
class ManifestGolden : public testing::Test {
 protected:
  static std::string read(const std::string& name) {
    std::ifstream stream(std::string(ATTACHE_MANIFEST_TEST_DATA) + "/" + name, std::ios::binary);
    EXPECT_TRUE(stream) << name;
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  static Manifest build(const std::vector<nlohmann::json>& entries) {
    ManifestBuilder builder;
    for (const nlohmann::json& entry : entries) {
      EXPECT_TRUE(builder.add(entry[0].get<std::string>(), Digest::parse(entry[1].get<std::string>()).value(),
                              entry[2].get<std::uint64_t>(), entry[3].get<std::int64_t>()));
    }
    return std::move(builder).build().value();
  }

  const std::string golden_ = read("large_1000.manifest");
  const nlohmann::json facts_ = nlohmann::json::parse(read("large_1000.json"));
  std::vector<nlohmann::json> entries_ = nlohmann::json::parse(read("large_1000.entries.json"));
};

TEST_F(ManifestGolden, EncodesShuffledEntriesToTheBytesOfTheIncumbent) {
  ASSERT_EQ(golden_.size(), facts_["bytes"].get<std::size_t>());
  const Manifest manifest = build(entries_);
  EXPECT_EQ(manifest.total_size(), facts_["totalSize"].get<std::uint64_t>());
  EXPECT_EQ(encode_v2023(manifest).value(), golden_);
  EXPECT_EQ(manifest_hash(manifest).value().to_hex(), facts_["hash"].get<std::string>());
}

TEST_F(ManifestGolden, EncodesEveryOrderToTheSameBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(entries_.begin(), entries_.end(), random);
    EXPECT_TRUE(encode_v2023(build(entries_)).value() == golden_) << round;
  }
}

TEST_F(ManifestGolden, DecodesTheBytesOfTheIncumbent) {
  const Result<Manifest> manifest = decode_v2023(golden_);
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  ASSERT_EQ(manifest->size(), entries_.size());
  EXPECT_EQ(encode_v2023(*manifest).value(), golden_);
}

}  // namespace
}  // namespace attache
