// Outlier detection as a cluster's definitions come, change and go.
#include <gtest/gtest.h>

#include <string>

#include "source/health/outlier_detector.h"
#include "test/clusters/registry_fixture.h"

namespace weir::clusters {
namespace {

constexpr std::string_view kDetects = "outlier_detection: {always_eject_one_host: true}";

class ClusterOutliersTest : public RegistryFixture {
 protected:
  // A worker hears five failures of host `i`.
  void Fail(size_t i) {
    const balancing::HostPtr host = HostsOf()->hosts()[i];
    for (int n = 0; n < 5; ++n) {
      if (host->monitor() != nullptr) host->monitor()->OnResponse(500);
    }
    Turn(3);
  }
  bool IsEjected(size_t i) {
    return HostsOf()->hosts()[i]->has(balancing::HealthFlag::kFailedOutlierCheck);
  }
};

TEST_F(ClusterOutliersTest, EjectedHostsTakeNoPart) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3)}, kDetects)) << faults_;
  Turn(3);
  Fail(1);
  EXPECT_TRUE(IsEjected(1));
  EXPECT_EQ(HostsOf()->healthy_count(), 2U);
  EXPECT_NE(manager_->View("web")->success_rates, nullptr);
}

TEST_F(ClusterOutliersTest, NobodyPaysWhereNobodyLooks) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2)}));
  Turn(3);
  EXPECT_EQ(HostsOf()->hosts()[0]->activity_if_any(), nullptr);
  EXPECT_EQ(HostsOf()->hosts()[0]->monitor(), nullptr);
  EXPECT_EQ(manager_->View("web")->success_rates, nullptr);
}

TEST_F(ClusterOutliersTest, AnotherDefinitionKeepsHostsEjected) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3)}, kDetects));
  Turn(3);
  Fail(1);
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3), Ip(4)}, kDetects));
  Turn(3);
  EXPECT_EQ(HostCount(), 4U);
  EXPECT_TRUE(IsEjected(1));
  EXPECT_EQ(HostsOf()->healthy_count(), 3U);
  Fail(2);
  EXPECT_FALSE(IsEjected(2)) << "one is out already";
}

TEST_F(ClusterOutliersTest, ADefinitionThatDoesNotLookTakesAllBack) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3)}, kDetects));
  Turn(3);
  Fail(1);
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3)}));
  Turn(3);
  EXPECT_FALSE(IsEjected(1));
  EXPECT_EQ(HostsOf()->healthy_count(), 3U);
  Fail(1);
  EXPECT_FALSE(IsEjected(1));
}

TEST_F(ClusterOutliersTest, NewEndpointsAreWatched) {
  ASSERT_TRUE(AddEds("web", "", kDetects));
  Turn(3);
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1), Ip(2), Ip(3)})) << faults_;
  Turn(3);
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(2), Ip(3), Ip(4)})) << faults_;
  Turn(3);
  Fail(2);
  EXPECT_TRUE(IsEjected(2));
  EXPECT_EQ(HostsOf()->healthy_count(), 2U);
}

TEST_F(ClusterOutliersTest, FaultsSayWhere) {
  EXPECT_FALSE(AddStatic({Ip(1)},
                         "outlier_detection: {base_ejection_time: 9s, max_ejection_time: "
                         "1s}"));
  EXPECT_NE(faults_.find("outlier_detection.max_ejection_time: must not be less than "
                         "base_ejection_time"),
            std::string::npos)
      << faults_;
}

}  // namespace
}  // namespace weir::clusters
