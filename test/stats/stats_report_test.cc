#include "source/stats/stats_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/stats/fruit_stats.h"

namespace weir::stats {
namespace {

using test::PearStats;
using test::PlumStats;
using test::Rendered;

class StatsReportTest : public ::testing::Test {
 protected:
  StatsReportTest() {
    plum_->Here().eaten_total.Add(7);
    pear_->Here().hanging.Set(-3);
  }

  Store store_;
  std::shared_ptr<Group<PlumStats>> plum_ = store_.AddGroup<PlumStats>("plum.\"x\"\n");
  std::shared_ptr<Group<PearStats>> pear_ = store_.AddGroup<PearStats>("pear");
  std::shared_ptr<Group<PlumStats>> idle_ = store_.AddGroup<PlumStats>("idle");
};

TEST_F(StatsReportTest, Plain) {
  EXPECT_EQ(Rendered(RenderPlain, store_),
            "idle.eaten_total: 0\n"
            "idle.picked_total: 0\n"
            "pear.hanging: -3\n"
            "pear.picked_total: 0\n"
            "pear.upstream_rq_2xx: 0\n"
            "pear.upstream_rq_503: 0\n"
            "pear.upstream_rq_5xx: 0\n"
            "plum.\"x\"\n.eaten_total: 7\n"
            "plum.\"x\"\n.picked_total: 0\n"
            "pear.weight: No recorded values\n");
}

TEST_F(StatsReportTest, PlainUsedOnly) {
  pear_->Here().weight.Record(5);
  Selection selection;
  selection.used_only = true;
  EXPECT_EQ(Rendered(RenderPlain, store_, selection),
            "pear.hanging: -3\n"
            "plum.\"x\"\n.eaten_total: 7\n"
            "pear.weight: P0(nan,5) P25(nan,5) P50(nan,5) P75(nan,5) P90(nan,5) P95(nan,5) "
            "P99(nan,5) P99.5(nan,5) P99.9(nan,5) P100(nan,5)\n");
}

TEST_F(StatsReportTest, Json) {
  Selection selection;
  selection.used_only = true;
  EXPECT_EQ(Rendered(RenderJson, store_, selection),
            "{\"stats\":[{\"name\":\"pear.hanging\",\"value\":-3},"
            "{\"name\":\"plum.\\\"x\\\"\\n.eaten_total\",\"value\":7}]}");
}

TEST_F(StatsReportTest, JsonHistograms) {
  pear_->Here().weight.Record(2'000'000);
  Selection selection;
  selection.accepts = Contains("weight");
  const std::string text = Rendered(RenderJson, store_, selection);
  EXPECT_THAT(text,
              ::testing::StartsWith("{\"stats\":[{\"histograms\":{\"supported_quantiles\":"
                                    "[0,25,50,75,90,95,99,99.5,99.9,100],\"computed_quantiles\":"
                                    "[{\"name\":\"pear.weight\",\"values\":[{\"interval\":null,"
                                    "\"cumulative\":1966080},"));
  EXPECT_THAT(text, ::testing::EndsWith("}]}]}}]}"));
}

TEST_F(StatsReportTest, JsonHistogramWithoutRecordsIsNull) {
  Selection selection;
  selection.kind = Kind::kHistogram;
  EXPECT_THAT(Rendered(RenderJson, store_, selection),
              ::testing::HasSubstr("{\"interval\":null,\"cumulative\":null},{\"interval\""));
}

TEST(StatsReportEmptyTest, NothingToSay) {
  Store store;
  EXPECT_EQ(Rendered(RenderPlain, store), "");
  EXPECT_EQ(Rendered(RenderJson, store), "{\"stats\":[]}");
}

}  // namespace
}  // namespace weir::stats
