#include <attache/base/text.hpp>
#include <attache/manifest_store/manifest_mapping.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Recorded from repr() of Python 3.11.
TEST(PythonText, IsWhatPythonShows) {
  EXPECT_EQ(python_text("plain_input"), "'plain_input'");
  EXPECT_EQ(python_text(""), "''");
  EXPECT_EQ(python_text("it's"), "\"it's\"");
  EXPECT_EQ(python_text("say \"x\""), "'say \"x\"'");
  EXPECT_EQ(python_text("both ' and \""), "'both \\' and \"'");
  EXPECT_EQ(python_text("back\\slash"), "'back\\\\slash'");
  EXPECT_EQ(python_text("tab\tnl\ncr\r"), "'tab\\tnl\\ncr\\r'");
  EXPECT_EQ(python_text("esc\x1b\x7f"), "'esc\\x1b\\x7f'");
  EXPECT_EQ(python_text("é日本😀"), "'é日本😀'");
  EXPECT_EQ(python_text("nbsp\u00a0shy\u00ad"), "'nbsp\\xa0shy\\xad'");
  EXPECT_EQ(python_text("zw\u200b"), "'zw\\u200b'");
  EXPECT_EQ(python_text("\ue000"), "'\\ue000'");
  EXPECT_EQ(python_text("\U000e0001"), "'\\U000e0001'");
  EXPECT_EQ(python_text("\xED\xB2\x80"), "'\\udc80'");
}

TEST(ManifestMapping, IsOneLineForEach) {
  EXPECT_EQ(mapping_line({"h_input", "root/Manifests/f/q/Inputs/g/h_input"}),
            "{'local_file': 'h_input', 's3_key': 'root/Manifests/f/q/Inputs/g/h_input'}\n");
}

TEST(ManifestMapping, IsReadAsWritten) {
  const std::vector<ManifestMapping> mappings{{"a", "b"},
                                              {"it's", "say \"x\""},
                                              {"both ' and \"", "back\\slash\t\n\r\x1b\x7f"},
                                              {"é日本", "\u200b\U000e0001\xED\xB2\x80"}};
  std::string text;
  for (const ManifestMapping& mapping : mappings) text += mapping_line(mapping);
  EXPECT_EQ(parse_mapping_file(text).value(), mappings);
  text.pop_back();
  EXPECT_EQ(parse_mapping_file(text).value(), mappings) << "the last line without its break";
}

TEST(ManifestMapping, MayBeWrittenByOthers) {
  EXPECT_THAT(parse_mapping_file("").value(), IsEmpty());
  EXPECT_THAT(parse_mapping_file("\r\n{\"s3_key\" : \"k\", 'other':'x','local_file':'l',}\r\n\n").value(),
              ElementsAre(ManifestMapping{"l", "k"}));
}

TEST(ManifestMapping, NamesTheLineThatIsNone) {
  for (const std::string line :
       {"x", "{}", "{'local_file': 'a'}", "{'local_file': 'a', 's3_key': 5}", "{'local_file': 'a', 's3_key': 'b'} x",
        "{'local_file': 'a', 's3_key': 'b'", "{'local_file': 'a' 's3_key': 'b'}",
        "{'local_file': 'a', 's3_key': 'b\\q'}", "{'local_file': 'a', 's3_key': '\\x1'}",
        "{'local_file': 'a', 's3_key': '\\UFFFFFFFF'}", "{'local_file': 'a', 's3_key': '\xFF'}",
        "{'local_file': 'a', 's3_key': 'b"}) {
    const auto refused = parse_mapping_file("{'local_file': 'a', 's3_key': 'b'}\n" + line + "\n");
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr("line 2"));
  }
}

}  // namespace
}  // namespace attache
