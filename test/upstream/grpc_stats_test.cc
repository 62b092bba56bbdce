#include "source/upstream/grpc_stats.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "source/base/thread.h"
#include "source/stats/prometheus.h"

namespace weir::upstream {
namespace {

class GrpcStatsTest : public testing::Test {
 protected:
  std::string Prometheus() {
    stats::Selection selection;
    selection.used_only = true;
    std::string text;
    stats::RenderPrometheus(store_, selection, [&](std::string_view piece) { text += piece; });
    return text;
  }
  size_t groups() { return store_.Groups().size(); }

  stats::Store store_;
  ClusterStatsGroup cluster_ =
      store_.AddGroup<ClusterStats>("cluster.web", {{"envoy_cluster_name", "web"}});
  GrpcStats stats_{store_, cluster_};
};

TEST_F(GrpcStatsTest, NothingIsMadeBeforeThereIsACall) { EXPECT_EQ(groups(), 1u); }

TEST_F(GrpcStatsTest, NamesAreEnvoys) {
  stats_.Whole().CountCall(http::GrpcStatus::kNotFound);
  stats_.OfMethod({"a.B", "C"}).CountCall(http::GrpcStatus::kOk);
  const std::string text = Prometheus();
  EXPECT_NE(text.find("envoy_cluster_grpc_5{envoy_cluster_name=\"web\"} 1\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("envoy_cluster_grpc_0{envoy_cluster_name=\"web\",envoy_grpc_bridge_service="
                      "\"a.B\",envoy_grpc_bridge_method=\"C\"} 1\n"),
            std::string::npos)
      << text;
}

TEST_F(GrpcStatsTest, OneMethodIsOneGroupHoweverItIsAskedFor) {
  GrpcCallStats* const cells = &stats_.OfDiscovered({"a", "b"});
  EXPECT_EQ(&stats_.OfDiscovered({"a", "b"}), cells);
  EXPECT_EQ(&stats_.OfMethod({"a", "b"}), cells);
  EXPECT_NE(&stats_.OfDiscovered({"a", "c"}), cells);
  EXPECT_EQ(groups(), 3u);
}

TEST_F(GrpcStatsTest, NamesOfRequestsAreBounded) {
  for (size_t i = 0; i < GrpcStats::kMaxDiscoveredMethods; ++i) {
    EXPECT_NE(&stats_.OfDiscovered({"s", "m" + std::to_string(i)}), &stats_.Whole());
  }
  const size_t full = groups();
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(&stats_.OfDiscovered({"s", "n" + std::to_string(i)}), &stats_.Whole());
  }
  EXPECT_EQ(groups(), full);
  EXPECT_NE(&stats_.OfDiscovered({"s", "m7"}), &stats_.Whole()) << "known ones stay";
  EXPECT_NE(&stats_.OfMethod({"s", "listed"}), &stats_.Whole()) << "listed ones have their place";
}

TEST_F(GrpcStatsTest, WhatIsNoNameIsCountedInTheWhole) {
  const std::string longest(GrpcStats::kMaxNameBytes, 'x');
  EXPECT_NE(&stats_.OfDiscovered({longest, longest}), &stats_.Whole());
  for (const auto& [service, method] :
       std::vector<std::pair<std::string, std::string>>{{"a b", "c"},
                                                        {"a", "b.c"},
                                                        {"a", "\xc3\xa4"},
                                                        {"a\n", "b"},
                                                        {"", "b"},
                                                        {"a", ""},
                                                        {"a", longest + "x"},
                                                        {longest + "x", "b"},
                                                        {"a:1", "b"},
                                                        {"a", "b\""}}) {
    EXPECT_EQ(&stats_.OfDiscovered({service, method}), &stats_.Whole()) << service << "/" << method;
  }
  EXPECT_EQ(groups(), 3u);
}

TEST_F(GrpcStatsTest, ThreadsFindTheSame) {
  constexpr int kThreads = 4, kMethods = 700, kRounds = 20;
  std::vector<std::thread> threads;
  for (int i = 1; i <= kThreads; ++i) {
    threads.emplace_back([this, i] {
      base::SetThreadIndex(i);
      for (int n = 0; n < kMethods * kRounds; ++n) {
        const std::string method = "m" + std::to_string(n % kMethods);
        stats_.OfDiscovered({"s", method}).CountCall(http::GrpcStatus::kOk);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t total = 0;
  for (const auto& group : store_.Groups()) {
    for (const stats::Metric& metric : group->metrics()) {
      if (metric.name == "success") total += group->CounterValue(metric);
    }
  }
  EXPECT_EQ(total, uint64_t{kThreads} * kMethods * kRounds);
  EXPECT_EQ(groups(), GrpcStats::kMaxDiscoveredMethods + 2);
}

}  // namespace
}  // namespace weir::upstream
