#include "source/balancing/client_side_weighted_balancer.h"

#include <gtest/gtest.h>

#include <map>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

TEST(ClientSideWeightedBalancer, SharesByWhatHostsReport) {
  BalancerConfig config;
  config.policy = BalancerPolicy::kClientSideWeightedRoundRobin;
  const auto balancer = Balancer::Create(config);
  ASSERT_TRUE(balancer->wants_load_reports());
  const auto before = SetOfWeights({5, 1, 1});
  // The same load; the first does it with half of the effort.
  const double utilization[] = {0.25, 0.5, 0.5};
  for (int i = 0; i < 3; ++i) {
    LoadReport report;
    report.requests_per_s = 100;
    report.cpu_utilization = utilization[i];
    balancer->OnLoadReport(*before->hosts()[i], report, 1);
  }
  LiveWeights weights(config);
  weights.Advance(before->hosts(), 10'000);
  HostSetBuilder builder(before.get(), {&config, balancer.get(), &weights});
  base::Random random(1);
  const auto set = builder.Regroup(random);
  std::map<const HostPtr*, int> picks;
  for (int i = 0; i < 4'000; ++i) ++picks[PickHost(*set, *balancer, {}, random).host];
  EXPECT_NEAR(picks[&set->hosts()[0]], 2'000, 1);
  EXPECT_NEAR(picks[&set->hosts()[1]], 1'000, 1);
}

}  // namespace
}  // namespace weir::balancing
