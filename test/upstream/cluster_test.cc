#include "source/upstream/cluster.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::upstream {
namespace {

TEST(Cluster, StartsWithoutHostsAndShowsTheNewestSet) {
  base::SetThreadIndex(base::kMainThread);
  stats::Store store;
  const auto stats = store.AddGroup<ClusterStats>("cluster.web");
  const auto config = std::make_shared<ClusterConfig>();
  const auto breakers =
      std::make_shared<CircuitBreakers>(stats, config->options->breakers, nullptr);
  Cluster cluster(nullptr, config, breakers, {true, base::SharedText("v1"), 5});
  event::View<balancing::HostSet> view(cluster.hosts());
  EXPECT_TRUE(view.Get()->hosts().empty());
  cluster.SetHosts(balancing::SetOfWeights({1, 1}));
  EXPECT_EQ(view.Get()->hosts().size(), 2U);
  EXPECT_EQ(cluster.config(), config);
  EXPECT_EQ(cluster.origin().version.view(), "v1");
  EXPECT_EQ(&cluster.breakers(), breakers.get());
}

TEST(Cluster, KnowsWhichThreadsUseIt) {
  stats::Store store;
  const auto stats = store.AddGroup<ClusterStats>("cluster.web");
  const auto config = std::make_shared<ClusterConfig>();
  base::SetThreadIndex(base::kMainThread);
  const Cluster cluster(
      nullptr, config, std::make_shared<CircuitBreakers>(stats, config->options->breakers, nullptr),
      {});
  uint64_t expected = 0;
  for (int used : {0, 1, 63, 70}) {
    base::SetThreadIndex(used);
    cluster.MarkUsedHere();
    expected |= ThreadBit(used);
    EXPECT_EQ(cluster.users(), expected);
  }
  EXPECT_EQ(cluster.users() & ThreadBit(2), 0U);
  base::SetThreadIndex(base::kMainThread);
}

}  // namespace
}  // namespace weir::upstream
