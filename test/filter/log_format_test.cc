#include "source/filter/log_format.h"

#include <gtest/gtest.h>

#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "google/protobuf/util/json_util.h"
#include "source/filter/log_format_parser.h"
#include "test/filter/logged_stream.h"

namespace weir::filter {
namespace {

using Proto = envoy::config::core::v3::SubstitutionFormatString;

Proto FromJson(const std::string& json) {
  Proto proto;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &proto).ok()) << json;
  return proto;
}

std::string Line(const std::string& json, const StreamInfo& info) {
  config::Faults faults;
  const auto format = ParseLogFormat(FromJson(json), faults);
  EXPECT_TRUE(faults.ok()) << faults.ToString();
  std::string out;
  if (format != nullptr) format->AppendLine(info, out);
  return out;
}

std::vector<std::string> FaultsOf(const std::string& json) {
  config::Faults faults;
  EXPECT_EQ(ParseLogFormat(FromJson(json), faults), nullptr);
  std::vector<std::string> paths;
  for (const config::Fault& fault : faults.faults()) paths.push_back(fault.path);
  return paths;
}

TEST(LogFormatTest, Text) {
  test::LoggedStream stream;
  EXPECT_EQ(Line(R"({"text_format": "%REQ(:METHOD)% %REQ(X-NONE)%\n"})", stream.info), "GET -\n");
  EXPECT_EQ(Line(R"({"text_format": "[%REQ(X-NONE)%]", "omit_empty_values": true})", stream.info),
            "[]");
  EXPECT_EQ(Line(R"({"text_format_source": {"inline_string": "%PROTOCOL%"}})", stream.info),
            "HTTP/1.1");
}

TEST(LogFormatTest, DefaultIsEnvoys) {
  test::LoggedStream stream;
  std::string line, expected;
  LogFormat::Default()->AppendLine(stream.info, line);
  (*SubstitutionFormat::Compile(SubstitutionFormat::kDefaultText))
      ->AppendText(stream.info, "-", expected);
  EXPECT_EQ(line, expected);
}

constexpr char kObject[] = R"("json_format": {
  "status": "%RESPONSE_CODE%", "path": "%REQ(:PATH)%", "none": "%REQ(X-NONE)%",
  "mixed": "%REQ(:METHOD)% %REQ(X-NONE)%", "constant": 5, "ratio": 0.5, "flag": true, "nil": null,
  "nested": {"b": "%BYTES_SENT%", "a": ["x", "%REQ(X-NONE)%", "%PROTOCOL%"]}, "ke\"y": "v"})";

TEST(LogFormatTest, JsonKeepsTypesAndSortsKeys) {
  test::LoggedStream stream;
  EXPECT_EQ(Line(std::string("{") + kObject + "}", stream.info),
            R"({"constant":5,"flag":true,"ke\"y":"v","mixed":"GET -","nested":{"a":["x",null,)"
            R"("HTTP/1.1"],"b":34},"nil":null,"none":null,"path":"/a?b=1","ratio":0.5,)"
            R"("status":200})"
            "\n");
}

TEST(LogFormatTest, JsonLeavesOutWhatIsEmpty) {
  test::LoggedStream stream;
  EXPECT_EQ(Line(std::string("{\"omit_empty_values\": true, ") + kObject + "}", stream.info),
            R"({"constant":5,"flag":true,"ke\"y":"v","mixed":"GET -","nested":{"a":["x",)"
            R"("HTTP/1.1"],"b":34},"nil":null,"path":"/a?b=1","ratio":0.5,"status":200})"
            "\n");
  EXPECT_EQ(Line(R"({"omit_empty_values": true, "json_format": {"a": "%REQ(X-NONE)%",
                     "b": "%PROTOCOL%"}})",
                 stream.info),
            "{\"b\":\"HTTP/1.1\"}\n");
}

TEST(LogFormatTest, FaultsSayWhere) {
  EXPECT_EQ(FaultsOf(R"({"text_format": "%NOPE%"})"), std::vector<std::string>{"text_format"});
  EXPECT_EQ(FaultsOf(R"({"json_format": {"a": {"b": ["x", "%NOPE%"]}, "c": "%REQ%"}})"),
            (std::vector<std::string>{"json_format.a.b[1]", "json_format.c"}));
  EXPECT_EQ(FaultsOf(R"({"text_format_source": {"filename": "/none/x"}})"),
            std::vector<std::string>{"text_format_source.filename"});
  EXPECT_EQ(FaultsOf("{}"), std::vector<std::string>{""});
}

TEST(LogFormatTest, DeepNestingIsRefused) {
  const auto faults_at = [](int depth) {
    Proto proto;
    google::protobuf::Struct* object = proto.mutable_json_format();
    for (int i = 0; i < depth; ++i)
      object = (*object->mutable_fields())["a"].mutable_struct_value();
    config::Faults faults;
    ParseLogFormat(proto, faults);
    return faults.faults().size();
  };
  EXPECT_EQ(faults_at(30), 0u);
  EXPECT_EQ(faults_at(40), 1u);
}

}  // namespace
}  // namespace weir::filter
