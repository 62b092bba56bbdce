#include "source/filter/access_log_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "test/filter/factory_fixture.h"
#include "test/routing/route_text.h"

namespace weir::filter {
namespace {

using envoy::config::accesslog::v3::AccessLog;
using testing::ElementsAre;
using testing::HasSubstr;

class CountingLogger final : public AccessLogger {
 public:
  explicit CountingLogger(int& count) : count_(count) {}
  void Log(const StreamInfo&) const override { ++count_; }

 private:
  int& count_;
};

// Its configuration is an empty AccessLog message.
class CountingFactory final : public AccessLoggerFactory {
 public:
  explicit CountingFactory(int& count) : count_(count) {}
  ExtensionId id() const override { return {"count", "envoy.config.accesslog.v3.AccessLog"}; }
  std::shared_ptr<const AccessLogger> Parse(const google::protobuf::Any&, const FactoryContext&,
                                            config::Faults&) const override {
    return std::make_shared<CountingLogger>(count_);
  }

 private:
  int& count_;
};

class AccessLogParserTest : public test::FactoryFixture {
 protected:
  AccessLogParserTest() {
    registry_.Add(std::make_unique<CountingFactory>(count_));
    info_.start_ns = 0;
    info_.response_code = 200;
  }
  // One log with this filter.
  AccessLogs Parse(const std::string& filter) {
    google::protobuf::RepeatedPtrField<AccessLog> protos;
    *protos.Add() = test::FromText<AccessLog>(
        absl::StrCat(filter,
                     " typed_config { "
                     "[type.googleapis.com/envoy.config.accesslog.v3.AccessLog] { } }"));
    return ParseAccessLogs(protos, context_, faults_);
  }
  bool Admits(const std::string& filter) {
    const AccessLogs logs = Parse(absl::StrCat("filter { ", filter, " }"));
    EXPECT_TRUE(faults_.ok()) << faults_.ToString();
    const int before = count_;
    logs.Log(info_);
    return count_ > before;
  }
  static std::string Status(const std::string& op, int value) {
    return absl::StrCat("status_code_filter { comparison { op: ", op,
                        " value { default_value: ", value, " runtime_key: \"k\" } } } ");
  }

  int count_ = 0;
  StreamInfo info_;
};

TEST_F(AccessLogParserTest, WithoutAFilterEverythingIsLogged) {
  const AccessLogs logs = Parse("");
  EXPECT_FALSE(logs.empty());
  logs.Log(info_);
  EXPECT_EQ(count_, 1);
}

TEST_F(AccessLogParserTest, Comparisons) {
  info_.response_code = 404;
  EXPECT_TRUE(Admits(Status("GE", 404)));
  EXPECT_FALSE(Admits(Status("GE", 405)));
  EXPECT_TRUE(Admits(Status("LE", 404)));
  EXPECT_FALSE(Admits(Status("LE", 403)));
  EXPECT_TRUE(Admits(Status("EQ", 404)));
  EXPECT_FALSE(Admits(Status("EQ", 400)));
  info_.end_ns = 1'500'000'000;
  EXPECT_TRUE(
      Admits("duration_filter { comparison { op: GE value { default_value: 1500 "
             "runtime_key: \"k\" } } }"));
  EXPECT_FALSE(
      Admits("duration_filter { comparison { op: GE value { default_value: 1501 "
             "runtime_key: \"k\" } } }"));
}

TEST_F(AccessLogParserTest, ProbesCanBeLeftOut) {
  EXPECT_TRUE(Admits("not_health_check_filter { }"));
  info_.is_health_check = true;
  EXPECT_FALSE(Admits("not_health_check_filter { }"));
}

TEST_F(AccessLogParserTest, FlagsAnyOrNamed) {
  EXPECT_FALSE(Admits("response_flag_filter { }"));
  info_.flags.Set(ResponseFlag::kUpstreamConnectionFailure);
  EXPECT_TRUE(Admits("response_flag_filter { }"));
  EXPECT_TRUE(Admits("response_flag_filter { flags: \"NR\" flags: \"UF\" }"));
  EXPECT_FALSE(Admits("response_flag_filter { flags: \"NR\" }"));
}

TEST_F(AccessLogParserTest, StatusOfGrpc) {
  const std::string filter = "grpc_status_filter { statuses: UNAVAILABLE statuses: UNKNOWN }";
  info_.response_code = 0;
  EXPECT_TRUE(Admits(filter)) << "no response at all is unknown";
  info_.response_code = 200;
  EXPECT_TRUE(Admits(filter)) << "of HTTP alone: gRPC's is not known";
  info_.response_code = 503;
  EXPECT_TRUE(Admits(filter));
  EXPECT_FALSE(Admits("grpc_status_filter { statuses: UNAVAILABLE exclude: true }"));
  base::Arena arena;
  http::HeaderMap trailers(arena);
  trailers.Add(http::HeaderId::kGrpcStatus, "0");
  info_.response_trailers = &trailers;
  EXPECT_FALSE(Admits(filter));
}

TEST_F(AccessLogParserTest, HeadersOfTheRequest) {
  const std::string filter =
      "header_filter { header { name: \"x-log\" string_match { exact: \"1\" } } }";
  EXPECT_FALSE(Admits(filter)) << "a connection without a request";
  const test::Request request("GET", "h", "/", {{"x-log", "1"}});
  info_.request = &request.head;
  EXPECT_TRUE(Admits(filter));
}

TEST_F(AccessLogParserTest, AllOrAnyOfSeveral) {
  const std::string members =
      absl::StrCat("filters { ", Status("GE", 200), "} filters { ", Status("GE", 300), "}");
  EXPECT_FALSE(Admits(absl::StrCat("and_filter { ", members, " }")));
  EXPECT_TRUE(Admits(absl::StrCat("or_filter { ", members, " }")));
}

TEST_F(AccessLogParserTest, FaultsHaveTheirPath) {
  google::protobuf::RepeatedPtrField<AccessLog> protos;
  *protos.Add() = test::FromText<AccessLog>(
      "filter { or_filter { filters { response_flag_filter { flags: \"XX\" } } filters { } } } "
      "typed_config { type_url: \"type.googleapis.com/no.such.Log\" }");
  const AccessLogs logs = ParseAccessLogs(protos, context_, faults_);
  EXPECT_TRUE(logs.empty());
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0],
              HasSubstr("access_log[0].filter.or_filter.filters[0].response_flag_filter.flags[0]"));
  EXPECT_THAT(lines[1], HasSubstr("access_log[0].filter.or_filter.filters[1]"));
  EXPECT_THAT(lines[2], HasSubstr("no.such.Log"));
}

}  // namespace
}  // namespace weir::filter
