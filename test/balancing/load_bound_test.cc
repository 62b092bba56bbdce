#include "source/balancing/load_bound.h"

#include <gtest/gtest.h>

#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class LoadBoundTest : public testing::Test {
 protected:
  void Build(const std::vector<uint32_t>& weights, const std::vector<uint32_t>& active) {
    set_ = SetOfWeights(weights);
    context_.cluster_requests = 0;
    for (size_t i = 0; i < active.size(); ++i) {
      set_->hosts()[i]->active_requests = active[i];
      context_.cluster_requests += active[i];
    }
  }
  uint32_t Keep(uint32_t picked, uint64_t hash = 1, uint32_t percent = 150) {
    return KeepInBound(GroupOf(*set_), picked, hash, percent, context_);
  }

  std::unique_ptr<const HostSet> set_;
  PickContext context_;
};

TEST_F(LoadBoundTest, AHostWithinItsShareIsKept) {
  Build({1, 1, 1}, {4, 4, 1});  // the mean is 10 / 3, and 1.5 times that 5
  EXPECT_EQ(Keep(0), 0u);
  Build({1, 1, 1}, {5, 3, 1});
  EXPECT_NE(Keep(0), 0u);
}

TEST_F(LoadBoundTest, TheSameKeyGoesToTheSameHostInstead) {
  Build(std::vector<uint32_t>(20, 1), {100});
  const uint32_t other = Keep(0, 77);
  EXPECT_NE(other, 0u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Keep(0, 77), other);
  bool differs = false;
  for (uint64_t hash = 0; hash < 20; ++hash) differs = differs || Keep(0, hash) != other;
  EXPECT_TRUE(differs);
}

TEST_F(LoadBoundTest, SharesAreByWeight) {
  Build({1, 9}, {1, 9});  // of 11 × 1.5 the first may have 2, the second 15
  EXPECT_EQ(Keep(0), 0u);
  Build({1, 9}, {2, 8});
  EXPECT_EQ(Keep(0), 1u);
  EXPECT_EQ(Keep(1), 1u);
}

TEST_F(LoadBoundTest, TheOneHostThatHasRoomIsFoundInASmallGroup) {
  std::vector<uint32_t> active(60, 10);
  active[37] = 9;
  Build(std::vector<uint32_t>(60, 1), active);
  for (uint64_t hash = 0; hash < 50; ++hash) EXPECT_EQ(Keep(3, hash, 100), 37u);
}

TEST_F(LoadBoundTest, WithoutRoomTheLeastLoadedIsTaken) {
  // More requests than the cluster knows of: elsewhere, too, they are counted a moment later.
  Build({1, 1, 1}, {9, 7, 8});
  context_.cluster_requests = 3;
  EXPECT_EQ(Keep(0), 1u);
}

TEST_F(LoadBoundTest, TriedHostsAreNotTakenInstead) {
  Build({1, 1, 1}, {9, 0, 0});
  const Host* tried[] = {set_->hosts()[1].get()};
  context_.tried = tried;
  context_.tried_count = 1;
  for (uint64_t hash = 0; hash < 20; ++hash) EXPECT_EQ(Keep(0, hash), 2u);
}

}  // namespace
}  // namespace weir::balancing
