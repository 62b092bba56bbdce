#include "source/clusters/named_slot.h"

#include <gtest/gtest.h>

#include "source/base/thread.h"
#include "source/clusters/worker_clusters.h"
#include "test/balancing/host_fixture.h"

namespace weir::clusters {
namespace {

class NamedSlotTest : public testing::Test {
 protected:
  NamedSlotTest() {
    for (event::Loop& loop : loops_) threads_.push_back(std::make_unique<WorkerClusters>(loop));
    Turn();
  }
  ~NamedSlotTest() override {
    Turn();
    base::SetThreadIndex(0);
    for (auto& thread : threads_) thread.reset();
  }

  std::unique_ptr<upstream::Cluster> MakeCluster() {
    auto config = std::make_shared<upstream::ClusterConfig>();
    config->name = "web";
    const auto stats = store_.AddGroup<upstream::ClusterStats>("cluster.web");
    auto breakers =
        std::make_shared<upstream::CircuitBreakers>(stats, config->options->breakers, &slot_);
    return std::make_unique<upstream::Cluster>(&loops_[0], config, breakers,
                                               upstream::Cluster::Origin());
  }
  upstream::WorkerCluster* At(int thread) {
    base::SetThreadIndex(thread);
    return static_cast<upstream::WorkerCluster*>(slot_.Here());
  }
  void Turn() {
    for (int i = 0; i < 3; ++i) {
      for (event::Loop& loop : loops_) loop.RunReady();
    }
  }

  event::Loop loops_[3] = {{"main", 0}, {"worker-1", 1}, {"worker-2", 2}};
  stats::Store store_;
  ClusterThreads threads_;
  NamedSlot slot_{"web", 5, &loops_[0], threads_};
};

TEST_F(NamedSlotTest, EachThreadMakesItsOwnOnFirstUse) {
  EXPECT_EQ(At(1), nullptr);
  EXPECT_EQ(slot_.generation(), 0U);
  slot_.Publish(MakeCluster());
  const auto cluster = slot_.live().Load();
  EXPECT_EQ(cluster->users(), 0U);
  upstream::WorkerCluster* const local = At(1);
  EXPECT_EQ(&local->cluster(), cluster.get());
  EXPECT_EQ(At(1), local);
  EXPECT_EQ(cluster->users(), upstream::ThreadBit(1));
  EXPECT_NE(At(2), local);
}

TEST_F(NamedSlotTest, PublishingRetiresWhatThreadsUse) {
  slot_.Publish(MakeCluster());
  std::weak_ptr<const upstream::Cluster> old = slot_.live().Load();
  At(1);
  slot_.Publish(MakeCluster());
  EXPECT_FALSE(old.expired()) << "worker 1 has it until it hears of the change";
  Turn();
  EXPECT_TRUE(old.expired());
  EXPECT_NE(At(1), nullptr);
  slot_.Publish(nullptr);
  EXPECT_EQ(At(1), nullptr);
}

TEST_F(NamedSlotTest, UsersHearThatHostsWereRemoved) {
  slot_.Publish(MakeCluster());
  const auto hosts = balancing::SetOfWeights({1, 1});
  const balancing::HostPtr host = hosts->hosts()[0];
  At(1);
  slot_.TellHostsChanged({host});
  EXPECT_EQ(host.use_count(), 3) << "one note, on its way";
  Turn();
  EXPECT_EQ(host.use_count(), 2);
}

TEST_F(NamedSlotTest, BrokerReachesTheThreadThatWaits) {
  slot_.Publish(MakeCluster());
  At(1);
  At(2);
  upstream::CircuitBreakers& breakers = slot_.live().Load()->breakers();
  base::SetThreadIndex(1);
  EXPECT_TRUE(breakers.TryTake(upstream::Resource::kConnections, 0));
  EXPECT_TRUE(breakers.WaitForConnection(0));
  breakers.Release(upstream::Resource::kConnections, 0);
  Turn();
  EXPECT_FALSE(breakers.HasWaiters(0));
}

}  // namespace
}  // namespace weir::clusters
