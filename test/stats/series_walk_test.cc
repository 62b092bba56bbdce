#include "source/stats/series_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "test/stats/fruit_stats.h"

namespace weir::stats {
namespace {

using test::PearStats;
using test::PlumStats;
using ::testing::ElementsAre;

std::vector<std::string> Names(const Store& store, const Selection& selection,
                               bool wants_histograms = false) {
  std::vector<std::string> names;
  for (SeriesWalk walk(store.Groups(), selection, wants_histograms); walk.Next();) {
    names.emplace_back(walk.name());
  }
  return names;
}

TEST(SeriesWalkTest, EmptyStore) { EXPECT_TRUE(Names(Store(), {}).empty()); }

TEST(SeriesWalkTest, NamesAreSortedAcrossGroups) {
  Store store;
  auto b = store.AddGroup<PlumStats>("b");
  auto nested = store.AddGroup<PlumStats>("a.f");  // between two fields of "a"
  auto a = store.AddGroup<PlumStats>("a");
  EXPECT_THAT(Names(store, {}), ElementsAre("a.eaten_total", "a.f.eaten_total", "a.f.picked_total",
                                            "a.picked_total", "b.eaten_total", "b.picked_total"));
}

TEST(SeriesWalkTest, EndsWhereItIsWhenNobodyWantsItAnyMore) {
  Store store;
  auto pear = store.AddGroup<PearStats>("pear");
  std::atomic<bool> is_abandoned{false};
  Selection selection;
  selection.is_abandoned = &is_abandoned;
  SeriesWalk walk(store.Groups(), selection, false);
  EXPECT_TRUE(walk.Next());
  is_abandoned = true;
  EXPECT_FALSE(walk.Next());
}

TEST(SeriesWalkTest, HistogramsAreApart) {
  Store store;
  auto pear = store.AddGroup<PearStats>("pear");
  EXPECT_THAT(Names(store, {}, true), ElementsAre("pear.weight"));
  EXPECT_EQ(Names(store, {}).size(), 5u);
}

TEST(SeriesWalkTest, Selects) {
  Store store;
  auto pear = store.AddGroup<PearStats>("pear");
  auto plum = store.AddGroup<PlumStats>("plum");
  Selection selection;
  selection.accepts = Contains("picked");
  EXPECT_THAT(Names(store, selection), ElementsAre("pear.picked_total", "plum.picked_total"));
  selection = {};
  selection.kind = Kind::kGauge;
  EXPECT_THAT(Names(store, selection), ElementsAre("pear.hanging"));
  EXPECT_TRUE(Names(store, selection, true).empty());
  selection = {};
  selection.used_only = true;
  plum->Here();
  EXPECT_THAT(Names(store, selection), ElementsAre("plum.eaten_total", "plum.picked_total"));
}

TEST(SeriesWalkTest, IsASortOfAllNames) {
  EXPECT_TRUE(rc::check("the walk gives what sorting all names gives", [] {
    const auto prefixes = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::element('a', 'e', 'p', '.', '-', '\xc3')));
    Store store;
    std::vector<std::shared_ptr<AnyGroup>> groups;
    for (size_t i = 0; i < prefixes.size(); ++i) {
      if (i % 2 == 0) {
        groups.push_back(store.AddGroup<PlumStats>(prefixes[i]));
      } else {
        groups.push_back(store.AddGroup<PearStats>(prefixes[i]));
      }
    }
    std::vector<std::string> expected;
    for (const auto& group : store.Groups()) {
      for (const Metric& metric : group->metrics()) {
        if (metric.kind == Kind::kHistogram) continue;
        expected.push_back(std::string(group->prefix()) + "." + std::string(metric.name));
      }
    }
    std::sort(expected.begin(), expected.end());
    RC_ASSERT(Names(store, {}) == expected);
  }));
}

}  // namespace
}  // namespace weir::stats
