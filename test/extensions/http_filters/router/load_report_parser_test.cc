#include "source/extensions/http_filters/router/load_report_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "source/base/arena.h"
#include "source/base/strings.h"
#include "xds/data/orca/v3/orca_load_report.pb.h"

namespace weir::extensions::router {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::optional<balancing::LoadReport> Find(std::string_view name, std::string_view value) {
  base::Arena arena;
  http::HeaderMap fields(arena);
  fields.Add(name, value);
  return FindLoadReport(fields);
}

std::optional<balancing::LoadReport> Find(std::string_view value) {
  return Find("endpoint-load-metrics", value);
}

std::string Binary() {
  xds::data::orca::v3::OrcaLoadReport proto;
  proto.set_cpu_utilization(0.25);
  proto.set_mem_utilization(0.5);
  proto.set_application_utilization(0.75);
  proto.set_rps_fractional(100);
  proto.set_eps(2);
  (*proto.mutable_named_metrics())["queue"] = 7;
  return absl::Base64Escape(proto.SerializeAsString());
}

void ExpectWhole(const std::optional<balancing::LoadReport>& report) {
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->cpu_utilization, 0.25);
  EXPECT_EQ(report->memory_utilization, 0.5);
  EXPECT_EQ(report->application_utilization, 0.75);
  EXPECT_EQ(report->requests_per_s, 100);
  EXPECT_EQ(report->errors_per_s, 2);
  EXPECT_THAT(report->metrics, ElementsAre(Pair("named_metrics.queue", 7)));
}

TEST(LoadReportParser, EveryFormat) {
  ExpectWhole(Find("endpoint-load-metrics-bin", Binary()));
  std::string unpadded = Binary();
  while (unpadded.back() == '=') unpadded.pop_back();
  ExpectWhole(Find("endpoint-load-metrics-bin", unpadded));
  ExpectWhole(Find(base::StrCat("BIN ", Binary())));
  ExpectWhole(
      Find("TEXT cpu_utilization=0.25,mem_utilization=0.5, application_utilization=0.75 ,"
           "rps_fractional=100,eps=2,named_metrics.queue=7"));
  ExpectWhole(Find(
      R"(JSON {"cpu_utilization": 0.25, "mem_utilization": 0.5, "rps_fractional": 100,)"
      R"( "application_utilization": 0.75, "eps": 2, "named_metrics": {"queue": 7}, "x": 1})"));
}

TEST(LoadReportParser, WholeRequestsCount) {
  const auto report = Find(R"(JSON {"rps": 5, "utilization": {"disk": 0.5}})");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->requests_per_s, 5);
  EXPECT_THAT(report->metrics, ElementsAre(Pair("utilization.disk", 0.5)));
}

TEST(LoadReportParser, WhatCannotBeReadIsNone) {
  EXPECT_FALSE(Find("x", "1").has_value());
  for (const char* const bad :
       {"", "cpu_utilization=0.5", "TEXT ", "TEXT cpu_utilization", "TEXT cpu_utilization=x",
        "TEXT nobody=1", "TEXT named_metrics.=1", "TEXT cpu_utilization=1,", "JSON {", "JSON []",
        "JSON {\"eps\": \"x\"}", "BIN ****", "BIN /////w==", "YAML eps: 1"}) {
    EXPECT_FALSE(Find(bad).has_value()) << bad;
  }
  EXPECT_FALSE(Find("endpoint-load-metrics-bin", "*").has_value());
}

}  // namespace
}  // namespace weir::extensions::router
