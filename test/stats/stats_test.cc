#include "source/stats/stats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "source/base/thread.h"
#include "test/stats/fruit_stats.h"
#include "test/support/allocation_counter.h"

namespace weir::stats {
namespace {

using test::PearStats;
using test::PlumStats;

const Metric& MetricNamed(const AnyGroup& group, std::string_view name) {
  for (const Metric& metric : group.metrics()) {
    if (metric.name == name) return metric;
  }
  ADD_FAILURE() << "no metric " << name;
  return group.metrics()[0];
}

TEST(StatsTest, AGroupBesideAnotherSharesItsLabels) {
  Store store;
  auto pear = store.AddGroup<PearStats>("fruit.pear", {{"name", "pear"}});
  auto plum = store.AddGroupBeside<PlumStats>(*pear);
  EXPECT_EQ(plum->prefix().data(), pear->prefix().data());
  EXPECT_EQ(plum->labels().tag(0).value, "pear");
  EXPECT_EQ(store.AddGroupBeside<PlumStats>(*pear), plum);
  EXPECT_EQ(store.Groups().size(), 2u);
  pear.reset();
  EXPECT_EQ(plum->prefix(), "fruit.pear");
}

TEST(StatsTest, AddsOverThreads) {
  Store store;
  auto group = store.AddGroup<PearStats>("fruit.pear");
  EXPECT_FALSE(group->is_used());
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&group, i] {
      base::SetThreadIndex(i);
      PearStats& here = group->Here();
      EXPECT_EQ(&here, &group->Here());
      here.picked_total.Add();
      here.picked_total.Add(10);
      here.hanging.Add(3);
      here.hanging.Sub();
      here.weight.Record(100);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(group->is_used());
  EXPECT_EQ(group->CounterValue(MetricNamed(*group, "picked_total")), 55u);
  EXPECT_EQ(group->GaugeValue(MetricNamed(*group, "hanging")), 10);
  const Histogram::Totals totals = group->HistogramTotals(MetricNamed(*group, "weight"));
  EXPECT_EQ(totals.count, 5u);
  EXPECT_EQ(totals.sum, 500u);
}

TEST(StatsTest, GaugesCanBeSetAndGoBelowZero) {
  Store store;
  auto group = store.AddGroup<PearStats>("fruit.pear");
  group->Here().hanging.Set(7);
  group->Here().hanging.Set(-2);
  EXPECT_EQ(group->GaugeValue(MetricNamed(*group, "hanging")), -2);
}

TEST(StatsTest, EqualPrefixesShareWhileOneLives) {
  Store store;
  auto first = store.AddGroup<PearStats>("fruit.pear");
  first->Here().picked_total.Add(4);
  auto second = store.AddGroup<PearStats>("fruit.pear", {{"name", "ignored"}});
  EXPECT_EQ(first, second);
  EXPECT_NE(static_cast<AnyGroup*>(store.AddGroup<PlumStats>("fruit.pear").get()), first.get());
  first.reset();
  EXPECT_EQ(store.Groups().size(), 1u);
  second.reset();
  EXPECT_TRUE(store.Groups().empty());
  auto third = store.AddGroup<PearStats>("fruit.pear");
  EXPECT_FALSE(third->is_used());
}

TEST(StatsTest, GroupsComeOldestFirst) {
  Store store;
  auto b = store.AddGroup<PearStats>("b");
  auto c = store.AddGroup<PearStats>("c");
  auto a = store.AddGroup<PearStats>("a");
  c.reset();
  const auto groups = store.Groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0]->prefix(), "b");
  EXPECT_EQ(groups[1]->prefix(), "a");
}

TEST(StatsTest, GroupMayOutliveItsStore) {
  auto store = std::make_unique<Store>();
  auto group = store->AddGroup<PearStats>("fruit.pear");
  store.reset();
  group->Here().picked_total.Add();
  group.reset();
}

// Promise: 2 KB per idle cluster, which has three or four groups.
TEST(StatsTest, IdleGroupIsSmall) {
  Store store;
  std::vector<std::shared_ptr<Group<PearStats>>> groups;
  groups.reserve(1'000);
  test::AllocationCounter counter;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "default/some-service-name-of-a-mesh-" + std::to_string(i);
    groups.push_back(store.AddGroup<PearStats>("cluster." + name, {{"envoy_cluster_name", name}}));
  }
  EXPECT_LE(counter.peak_bytes() / 1'000, 350);
}

TEST(StatsTest, CountingAllocatesNothing) {
  Store store;
  auto group = store.AddGroup<PearStats>("fruit.pear");
  group->Here().weight.Record(50);
  test::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) {
    group->Here().picked_total.Add();
    group->Here().weight.Record(50 + i % 5);
  }
  EXPECT_EQ(counter.count(), 0);
}

// Workers count while others scrape, add and drop groups.
TEST(StatsThreadTest, ScrapesWhileCountingAndChanging) {
  Store store;
  auto group = store.AddGroup<PearStats>("fruit.pear");
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int i = 1; i <= 3; ++i) {
    threads.emplace_back([&, i] {
      base::SetThreadIndex(i);
      for (int n = 0; n < 2'000; ++n) {
        group->Here().picked_total.Add();
        group->Here().weight.Record(static_cast<uint64_t>(n) * 1'000);
        auto shared = store.AddGroup<PlumStats>("fruit.plum");
        shared->Here().eaten_total.Add();
      }
      ++finished;
    });
  }
  uint64_t last = 0;
  while (finished < 3) {
    for (const auto& any : store.Groups()) {
      for (const Metric& metric : any->metrics()) {
        if (metric.kind == Kind::kHistogram) any->HistogramTotals(metric).Quantile(0.5);
      }
    }
    const uint64_t now = group->CounterValue(MetricNamed(*group, "picked_total"));
    EXPECT_GE(now, last);
    last = now;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(group->CounterValue(MetricNamed(*group, "picked_total")), 6'000u);
  EXPECT_EQ(store.Groups().size(), 1u);
}

}  // namespace
}  // namespace weir::stats
