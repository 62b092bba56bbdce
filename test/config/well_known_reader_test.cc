#include "source/config/well_known_reader.h"

#include <gtest/gtest.h>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"

namespace weir::config {
namespace {

template <class Proto>
std::string ReadText(std::string_view text, Proto& into) {
  Faults faults;
  const auto document = TextDocument::Parse(text, faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  return ReadWellKnown(document->root(), into);
}

TEST(WellKnownReader, KnowsItsTypes) {
  EXPECT_TRUE(IsWellKnown(*google::protobuf::Duration::descriptor()));
  EXPECT_TRUE(IsWellKnown(*google::protobuf::Struct::descriptor()));
  EXPECT_FALSE(IsWellKnown(*google::protobuf::UInt32Value::descriptor()));
}

TEST(WellKnownReader, Durations) {
  google::protobuf::Duration duration;
  EXPECT_EQ(ReadText("1.5s", duration), "");
  EXPECT_EQ(duration.nanos(), 500000000);
  EXPECT_EQ(ReadText("{seconds: 2, nanos: 250000000}", duration), "");
  EXPECT_EQ(duration.seconds(), 2);
  EXPECT_EQ(duration.nanos(), 250000000);
}

TEST(WellKnownReader, RefusesDurationsWithWords) {
  struct Case {
    std::string_view text, fault;
  };
  for (const Case& c : {
           Case{"10", "\"10\" is not a duration such as \"1.5s\" (did you mean `10s`?)"},
           Case{"250ms", "\"250ms\" is not a duration such as \"1.5s\" (did you mean `0.25s`?)"},
           Case{"5m", "\"5m\" is not a duration such as \"1.5s\" (did you mean `300s`?)"},
           Case{".nan", "\".nan\" is not a duration such as \"1.5s\""},
           Case{"NaNs", "\"NaNs\" is not a duration such as \"1.5s\""},
           Case{"[1]", "must be a duration such as \"1.5s\""},
           Case{"{seconds: 1, nanos: -1}", "is not a valid duration"},
           Case{"{nanos: 1000000000}", "`nanos` 1000000000 is out of range (0 to 999999999)"},
           Case{"{seconds: x}", "`seconds` must be a whole number"},
           Case{"{seconds: 99999999999999999999}", "`seconds` must be a whole number"},
           Case{"{millis: 1}", "unknown field \"millis\"; a duration has `seconds` and `nanos`"},
       }) {
    google::protobuf::Duration duration;
    EXPECT_EQ(ReadText(c.text, duration), c.fault) << c.text;
  }
}

TEST(WellKnownReader, Timestamps) {
  google::protobuf::Timestamp timestamp;
  EXPECT_EQ(ReadText("2026-01-02T03:04:05Z", timestamp), "");
  EXPECT_EQ(timestamp.seconds(), 1767323045);
  EXPECT_EQ(ReadText("soon", timestamp), "must be a time such as \"2026-01-02T03:04:05Z\"");
}

TEST(WellKnownReader, StructsTakeScalarsAsTheyLook) {
  google::protobuf::Struct value;
  EXPECT_EQ(ReadText("{a: 1, b: '1', c: true, d: ~, e: [x, 1.5], f: {g: on}, h: .nan,"
                     " i: 9007199254740993}",
                     value),
            "");
  const auto& fields = value.fields();
  EXPECT_EQ(fields.at("a").number_value(), 1);
  EXPECT_EQ(fields.at("b").string_value(), "1");
  EXPECT_TRUE(fields.at("c").bool_value());
  EXPECT_TRUE(fields.at("d").has_null_value());
  EXPECT_EQ(fields.at("e").list_value().values(0).string_value(), "x");
  EXPECT_EQ(fields.at("e").list_value().values(1).number_value(), 1.5);
  EXPECT_TRUE(fields.at("f").struct_value().fields().at("g").bool_value());
  EXPECT_EQ(fields.at("h").string_value(), ".nan");
  EXPECT_EQ(fields.at("i").string_value(), "9007199254740993");
}

TEST(WellKnownReader, StructsRefuseDuplicates) {
  google::protobuf::Struct value;
  EXPECT_EQ(ReadText("{a: 1, a: 2}", value), "the key \"a\" is there twice");
  EXPECT_EQ(ReadText("{b: {c: 1, c: 2}}", value), "the key \"c\" is there twice");
  EXPECT_EQ(ReadText("[1]", value), "must be a map");
}

TEST(WellKnownReader, ListsAndValues) {
  google::protobuf::ListValue list;
  EXPECT_EQ(ReadText("[1, a]", list), "");
  EXPECT_EQ(list.values_size(), 2);
  EXPECT_EQ(ReadText("1", list), "must be a list");
  google::protobuf::Value value;
  EXPECT_EQ(ReadText("7", value), "");
  EXPECT_EQ(value.number_value(), 7);
}

}  // namespace
}  // namespace weir::config
