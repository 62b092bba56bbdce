#include "source/clusters/worker_clusters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "test/clusters/registry_fixture.h"

namespace weir::clusters {
namespace {

// What a worker does all day: asks whatever cluster there is now, on hosts that refuse.
class BusyWorker {
 public:
  BusyWorker(event::Loop& loop, ClusterSlot& slot) : loop_(loop), slot_(slot) {}
  ~BusyWorker() { End(); }

  void Run() {
    thread_ = std::thread([this] {
      loop_.Post([this] { Next(); });
      loop_.Run();
    });
  }
  void End() {
    is_ending_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int asked_count() const { return asked_count_.load(); }

 private:
  void Next() {
    client_.failure.reset();
    if (is_ending_) return loop_.Stop();
    ref_ = upstream::LocalClusterRef(slot_.Here());
    client_.on_failed = [this] { loop_.Post([this] { Next(); }); };
    if (ref_) {
      ++asked_count_;
      client_.Ask(*ref_.get());
    } else {
      loop_.Post([this] { Next(); });
    }
  }

  event::Loop& loop_;
  ClusterSlot& slot_;
  upstream::StreamClient client_;
  upstream::LocalClusterRef ref_;
  std::thread thread_;
  std::atomic<bool> is_ending_{false};
  std::atomic<int> asked_count_{0};
};

// Two real workers ask while main changes hosts, replaces, removes and shows the cluster.
TEST(WorkerClusters, ThreadsAskWhileMainChangesEverything) {
  stats::Store store;
  FakeResolver resolver;
  event::Loop main("main", base::kMainThread);
  event::Loop workers[2] = {{"worker-1", 1}, {"worker-2", 2}};
  main.RunReady();
  ClusterManager::Options options(main, store);
  options.workers = {&workers[0], &workers[1]};
  options.dns = &resolver;
  auto manager = ClusterManager::Create(options);
  // Bound and not listening: refuses.
  upstream::Backend refusing[3];
  for (upstream::Backend& backend : refusing) backend.Stop();
  {
    BusyWorker busy[2] = {{workers[0], manager->Slot("web")}, {workers[1], manager->Slot("web")}};
    for (BusyWorker& worker : busy) worker.Run();
    for (int i = 0; i < 400 || busy[0].asked_count() + busy[1].asked_count() < 500; ++i) {
      config::Faults faults;
      envoy::config::cluster::v3::Cluster cluster;
      cluster.set_name("web");
      cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
      cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
      cluster.mutable_connect_timeout()->set_seconds(1 + i / 7 % 1'000);
      EXPECT_TRUE(manager->AddOrUpdate(cluster, true, "", faults));
      envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
      assignment.set_cluster_name("web");
      auto& endpoints = *assignment.add_endpoints();
      for (int host = 0; host < 3; ++host) {
        if ((i >> host & 1) == 0) continue;
        auto& endpoint = *endpoints.add_lb_endpoints();
        endpoint.mutable_load_balancing_weight()->set_value(1 + i % 3);
        auto& address = *endpoint.mutable_endpoint()->mutable_address()->mutable_socket_address();
        address.set_address("127.0.0.1");
        address.set_port_value(refusing[host].address().port());
      }
      EXPECT_TRUE(manager->UpdateEndpoints(nullptr, assignment, faults));
      if (i % 50 == 49) manager->Remove("web");
      EXPECT_LE(manager->Clusters().size(), 2U);
      main.RunReady();
    }
    for (BusyWorker& worker : busy) worker.End();
  }
  main.RunReady();
  manager.reset();
  main.RunReady();
}

class WorkerClustersTest : public RegistryFixture {};

TEST_F(WorkerClustersTest, RefreshLeavesUnusedClustersAlone) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  upstream::WorkerCluster* const used = At(0);
  ASSERT_NE(used, nullptr);
  const std::weak_ptr<const balancing::HostSet> hosts = used->cluster().hosts().Load();
  ASSERT_TRUE(AddStatic({Ip(2)}));
  Turn(3);
  EXPECT_TRUE(hosts.expired()) << "retired, unused, gone";
  EXPECT_EQ(HostsOf()->hosts()[0]->address(), Ip(2));
}

TEST_F(WorkerClustersTest, ManySlotsOfWhichFewAreUsed) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(Add(base::StrCat("{name: c", i, "}")));
  }
  EXPECT_EQ(At(1, "c299")->config().name, "c299");
  EXPECT_EQ(At(1, "c7")->config().name, "c7");
  EXPECT_EQ(At(0, "c150")->config().name, "c150");
}

}  // namespace
}  // namespace weir::clusters
