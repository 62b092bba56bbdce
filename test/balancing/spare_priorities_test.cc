#include "source/balancing/spare_priorities.h"

#include <gtest/gtest.h>

#include <map>

#include "source/balancing/balancer.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class SparePrioritiesTest : public testing::Test {
 protected:
  // One host for each priority, well or not.
  void Build(const std::vector<EdsHealth>& health) {
    std::vector<EndpointConfig> endpoints;
    for (size_t i = 0; i < health.size(); ++i) {
      endpoints.push_back(
          MakeEndpoint(static_cast<int>(i), 1, static_cast<uint32_t>(i), health[i]));
    }
    set_ = BuildSet(endpoints);
  }
  // Where retries go after tries of these priorities, in percent.
  std::map<uint32_t, int> Picks(const std::vector<uint32_t>& tried, int every = 1) {
    std::vector<const Host*> hosts;
    for (uint32_t priority : tried) hosts.push_back(set_->hosts_of(priority)[0].get());
    PickContext context;
    context.tried = hosts.data();
    context.tried_count = static_cast<int>(hosts.size());
    context.repick_limit = 1;
    context.avoid_priorities_every = every;
    std::map<uint32_t, int> picks;
    for (int i = 0; i < 100; ++i) {
      context.hash = i;
      const Picked picked = PickHost(*set_, *balancer_, context, random_);
      const HostPtr* const host = set_->Find((*picked.host)->address());
      ++picks[set_->PriorityOf(host - set_->hosts().data())];
    }
    return picks;
  }

  base::Random random_{1};
  const std::shared_ptr<const Balancer> balancer_ = Balancer::Create({});
  std::unique_ptr<const HostSet> set_;
};

using Counts = std::map<uint32_t, int>;

TEST_F(SparePrioritiesTest, OnePriorityHasNone) {
  Build({EdsHealth::kHealthy});
  EXPECT_EQ(set_->spare_priorities(), nullptr);
  EXPECT_EQ(Picks({0}), (Counts{{0, 100}}));
}

TEST_F(SparePrioritiesTest, RetriesGoToTheNext) {
  Build({EdsHealth::kHealthy, EdsHealth::kHealthy, EdsHealth::kHealthy});
  EXPECT_EQ(Picks({}), (Counts{{0, 100}}));
  EXPECT_EQ(Picks({0}), (Counts{{1, 100}}));
  EXPECT_EQ(Picks({0, 1}), (Counts{{2, 100}}));
  EXPECT_EQ(Picks({0, 1, 2}), (Counts{{0, 100}})) << "all were tried";
  EXPECT_EQ(Picks({0, 1, 2, 0}), (Counts{{1, 100}})) << "and so on";
}

TEST_F(SparePrioritiesTest, AvoidsAfterSoManyTries) {
  Build({EdsHealth::kHealthy, EdsHealth::kHealthy});
  EXPECT_EQ(Picks({0}, 2), (Counts{{0, 100}}));
  EXPECT_EQ(Picks({0, 0}, 2), (Counts{{1, 100}}));
  EXPECT_EQ(Picks({0, 0, 1}, 2), (Counts{{1, 100}}));
  EXPECT_EQ(Picks({0, 0, 1, 1}, 2), (Counts{{0, 100}}));
}

TEST_F(SparePrioritiesTest, UnwellOnesAreNoHelp) {
  Build({EdsHealth::kHealthy, EdsHealth::kUnhealthy, EdsHealth::kDegraded});
  EXPECT_EQ(Picks({0}), (Counts{{2, 100}}));
  Build({EdsHealth::kHealthy, EdsHealth::kUnhealthy});
  EXPECT_EQ(Picks({0}), (Counts{{0, 100}})) << "better there than nowhere";
}

TEST_F(SparePrioritiesTest, SharesAsIfTheTriedHadNobody) {
  // Half of priority 1 is well.
  set_ = BuildSet({MakeEndpoint(0, 1, 0), MakeEndpoint(1, 1, 1),
                   MakeEndpoint(2, 1, 1, EdsHealth::kUnhealthy), MakeEndpoint(3, 1, 2)});
  EXPECT_EQ(Picks({0}), (Counts{{1, 70}, {2, 30}}));
}

TEST_F(SparePrioritiesTest, AHostThatHasLeftIsOfNoPriority) {
  Build({EdsHealth::kHealthy, EdsHealth::kHealthy});
  const auto other = SetOfWeights({1, 1, 1});
  const Host* const gone = other->hosts()[2].get();
  PickContext context;
  context.tried = &gone;
  context.tried_count = 1;
  context.avoid_priorities_every = 1;
  EXPECT_EQ(PickHost(*set_, *balancer_, context, random_).host, &set_->hosts()[0]);
}

}  // namespace
}  // namespace weir::balancing
