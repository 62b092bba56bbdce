#include "source/base/json_string.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace weir::base {
namespace {

std::string Json(std::string text) {
  EscapeJson(0, text);
  return text;
}

TEST(JsonStringTest, QuotesAnyText) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("a\"b"), "\"a\\\"b\"");
}

TEST(JsonStringTest, OnlyTheTailIsTouched) {
  std::string text = "\"\"";
  EscapeJson(1, text);
  EXPECT_EQ(text, "\"\\\"");
}

TEST(JsonStringTest, Escapes) {
  EXPECT_EQ(Json("plain"), "plain");
  EXPECT_EQ(Json("\"\\/\n\r\t\x01\x7f"), "\\\"\\\\/\\n\\r\\t\\u0001\\u007f");
  EXPECT_EQ(Json("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST(JsonStringTest, WhatIsNotUtf8IsLatin1) {
  EXPECT_EQ(Json("\xe4"), "\\u00e4");
  EXPECT_EQ(Json("\xc3"), "\\u00c3");                        // cut short
  EXPECT_EQ(Json("\xc0\xaf"), "\\u00c0\\u00af");             // overlong
  EXPECT_EQ(Json("\xed\xa0\x80"), "\\u00ed\\u00a0\\u0080");  // surrogate
  EXPECT_EQ(Json("\xf4\x90\x80\x80"), "\\u00f4\\u0090\\u0080\\u0080");
}

// Any bytes make a valid JSON string on one line, and text survives as it was.
TEST(JsonStringTest, AnyBytesMakeValidJson) {
  EXPECT_TRUE(rc::check("json", [] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    std::string json = "\"" + bytes;
    EscapeJson(1, json);
    json += '"';
    google::protobuf::Value value;
    RC_ASSERT(google::protobuf::util::JsonStringToMessage(json, &value).ok());
    RC_ASSERT(json.find('\n') == std::string::npos);
    const bool is_ascii =
        std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (is_ascii) RC_ASSERT(value.string_value() == bytes);
  }));
}

}  // namespace
}  // namespace weir::base
