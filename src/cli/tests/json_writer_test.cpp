#include "json_writer.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(JsonWriter, SeparatesMembersAndElements) {
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{1}).key("b").begin_array();
  json.begin_object().end_object().value("x").value(true).value(0.5).end_array().member("c", "y").end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[{},"x",true,0.5],"c":"y"})");
}

TEST(JsonWriter, GivesADocumentPieceByPiece) {
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{1}).key("b").begin_array().value("x");
  EXPECT_EQ(json.take(), R"({"a":1,"b":["x")");
  EXPECT_EQ(json.closing(), "]}");
  json.value("y").end_array();
  EXPECT_EQ(json.closing(), "}");
  json.end_object();
  EXPECT_EQ(json.take(), R"(,"y"]})");
  EXPECT_EQ(json.closing(), "");
}

TEST(JsonWriter, WritesNamesThatAreNotUtf8AsSurrogates) {
  JsonWriter json;
  json.value("\xED\xB2\x80\xC3\xA9");
  EXPECT_EQ(json.text(), R"("\udc80\u00e9")");
}

}  // namespace
}  // namespace attache
