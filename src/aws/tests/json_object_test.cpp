#include "json_object.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(JsonObject, GivesFieldsOfTheTypeAskedFor) {
  const auto object = JsonObject::parse(R"({"t":"text","i":-5,"f":1.5,"o":{"t":"inner"},"n":null,"a":["x"]})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->text("t"), "text");
  EXPECT_EQ(object->integer("i"), -5);
  EXPECT_EQ(object->object("o")->text("t"), "inner");
  for (const char* name : {"i", "f", "o", "n", "a", "missing"}) EXPECT_EQ(object->text(name), "") << name;
  for (const char* name : {"t", "f", "o", "n", "a", "missing"}) EXPECT_FALSE(object->integer(name)) << name;
  for (const char* name : {"t", "i", "n", "a", "missing"}) EXPECT_FALSE(object->object(name)) << name;
}

TEST(JsonObject, IsNothingElse) {
  for (const char* text : {"", "[]", "1", "\"x\"", "{", "{}x", "{\"a\":1e999}", "{\"a\":\"\xFF\"}", "{'a':1}"}) {
    EXPECT_FALSE(JsonObject::parse(text)) << text;
  }
}

TEST(JsonObject, IsWrittenWithItsChanges) {
  auto object = JsonObject::parse(R"({"keep":[1],"drop":"x","set":"old"})");
  ASSERT_TRUE(object);
  object->remove("drop");
  object->set("set", "a\"\xFF");
  EXPECT_EQ(object->dump(), "{\"keep\":[1],\"set\":\"a\\\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(JsonObject().dump(), "{}");
}

}  // namespace
}  // namespace attache
