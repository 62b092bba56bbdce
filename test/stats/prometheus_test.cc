#include "source/stats/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "test/stats/fruit_stats.h"
#include "test/support/allocation_counter.h"

namespace weir::stats {
namespace {

using test::PearStats;
using test::PlumStats;
using test::Rendered;
using ::testing::HasSubstr;

TEST(PrometheusTest, FamiliesAreWhole) {
  Store store;
  auto b = store.AddGroup<PlumStats>("fruit.b", {{"name", "b"}}, "fruit");
  auto root = store.AddGroup<PlumStats>("a_root");
  auto a = store.AddGroup<PlumStats>("fruit.a", {{"name", "a"}}, "fruit");
  a->Here().eaten_total.Add(3);
  b->Here().picked_total.Add(4);
  EXPECT_EQ(Rendered(RenderPrometheus, store),
            "# TYPE envoy_a_root_eaten_total counter\n"
            "envoy_a_root_eaten_total{} 0\n"
            "# TYPE envoy_a_root_picked_total counter\n"
            "envoy_a_root_picked_total{} 0\n"
            "# TYPE envoy_fruit_eaten_total counter\n"
            "envoy_fruit_eaten_total{name=\"a\"} 3\n"
            "envoy_fruit_eaten_total{name=\"b\"} 0\n"
            "# TYPE envoy_fruit_picked_total counter\n"
            "envoy_fruit_picked_total{name=\"a\"} 0\n"
            "envoy_fruit_picked_total{name=\"b\"} 4\n");
}

TEST(PrometheusTest, ResponseCodesAreLabels) {
  Store store;
  auto group = store.AddGroup<PearStats>("cluster.web", {{"envoy_cluster_name", "web"}});
  group->Here().upstream_rq_5xx.Add(2);
  group->Here().upstream_rq_503.Add(1);
  Selection selection;
  selection.accepts = Contains("upstream_rq");
  EXPECT_EQ(
      Rendered(RenderPrometheus, store, selection),
      "# TYPE envoy_cluster_upstream_rq counter\n"
      "envoy_cluster_upstream_rq{envoy_response_code=\"503\",envoy_cluster_name=\"web\"} 1\n"
      "# TYPE envoy_cluster_upstream_rq_xx counter\n"
      "envoy_cluster_upstream_rq_xx{envoy_response_code_class=\"2\",envoy_cluster_name=\"web\"} 0\n"
      "envoy_cluster_upstream_rq_xx{envoy_response_code_class=\"5\",envoy_cluster_name=\"web\"} "
      "2\n");
}

TEST(PrometheusTest, HistogramsHaveEnvoysBuckets) {
  Store store;
  auto group = store.AddGroup<PearStats>("pear", {{"tree", "1"}});
  for (uint64_t value : {0, 1, 7, 300, 4'000'000}) group->Here().weight.Record(value);
  Selection selection;
  selection.kind = Kind::kHistogram;
  const std::string text = Rendered(RenderPrometheus, store, selection);
  EXPECT_THAT(text, ::testing::StartsWith("# TYPE envoy_pear_weight histogram\n"
                                          "envoy_pear_weight_bucket{tree=\"1\",le=\"0.5\"} 1\n"
                                          "envoy_pear_weight_bucket{tree=\"1\",le=\"1\"} 2\n"
                                          "envoy_pear_weight_bucket{tree=\"1\",le=\"5\"} 2\n"
                                          "envoy_pear_weight_bucket{tree=\"1\",le=\"10\"} 3\n"));
  EXPECT_THAT(text, ::testing::EndsWith("envoy_pear_weight_bucket{tree=\"1\",le=\"3600000\"} 4\n"
                                        "envoy_pear_weight_bucket{tree=\"1\",le=\"+Inf\"} 5\n"
                                        "envoy_pear_weight_sum{tree=\"1\"} 4000308\n"
                                        "envoy_pear_weight_count{tree=\"1\"} 5\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 19 + 3);
}

TEST(PrometheusTest, SanitisesNamesAndEscapesValues) {
  Store store;
  auto group = store.AddGroup<PlumStats>("listener.[::1]_80", {{"0bad-name", "a\"b\\c\nd é"}});
  EXPECT_THAT(
      Rendered(RenderPrometheus, store),
      HasSubstr("envoy_listener____1__80_eaten_total{_0bad_name=\"a\\\"b\\\\c\\nd é\"} 0\n"));
}

TEST(PrometheusTest, UsedOnlyLeavesNoEmptyFamily) {
  Store store;
  auto plum = store.AddGroup<PlumStats>("plum");
  auto pear = store.AddGroup<PearStats>("pear");
  pear->Here().hanging.Set(0);
  Selection selection;
  selection.used_only = true;
  EXPECT_EQ(Rendered(RenderPrometheus, store, selection),
            "# TYPE envoy_pear_hanging gauge\nenvoy_pear_hanging{} 0\n");
}

TEST(PrometheusTest, OneTypeLineForAFamilyOfTwoStructs) {
  Store store;
  auto plum = store.AddGroup<PlumStats>("fruit.1", {{"n", "1"}});
  auto pear = store.AddGroup<PearStats>("fruit.2", {{"n", "2"}});
  std::istringstream lines(Rendered(RenderPrometheus, store));
  std::set<std::string> types;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE")) {
      EXPECT_TRUE(types.insert(line).second) << line;
    }
  }
  EXPECT_EQ(types.count("# TYPE envoy_fruit_picked_total counter"), 1u);
}

struct WideStats {
  Counter cells[50];
  static const std::vector<Metric> kMetrics;
};
const std::vector<Metric> WideStats::kMetrics = [] {
  static const std::vector<std::string>* names = [] {
    auto* made = new std::vector<std::string>();
    for (int i = 0; i < 50; ++i) made->push_back("upstream_something_long_" + std::to_string(i));
    return made;
  }();
  std::vector<Metric> metrics;
  for (int i = 0; i < 50; ++i) {
    metrics.push_back({(*names)[i], Kind::kCounter, static_cast<uint16_t>(i * sizeof(Counter))});
  }
  return metrics;
}();

// Promise: a million series with at most 4 MB of extra memory.
TEST(PrometheusTest, AMillionSeriesStream) {
  Store store;
  std::vector<std::shared_ptr<Group<WideStats>>> groups;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = "service-" + std::to_string(i);
    groups.push_back(store.AddGroup<WideStats>("cluster." + name, {{"envoy_cluster_name", name}}));
  }
  size_t lines = 0;
  test::AllocationCounter counter;
  RenderPrometheus(store, {}, [&](std::string_view piece) {
    lines += static_cast<size_t>(std::count(piece.begin(), piece.end(), '\n'));
  });
  EXPECT_EQ(lines, 1'000'050u);
  EXPECT_LE(counter.peak_bytes(), 4 << 20);
}

}  // namespace
}  // namespace weir::stats
