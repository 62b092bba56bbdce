// What an idle cluster and an idle host cost, whatever the number of workers: a promise.

#include <gtest/gtest.h>

#include <string>

#include "test/clusters/registry_fixture.h"
#include "test/support/heap_bytes.h"

namespace weir::clusters {
namespace {

class ClusterMemoryTest : public RegistryFixture {
 protected:
  // Bytes that `count` EDS clusters of `hosts` endpoints each take.
  size_t Cost(const std::string& prefix, int count, int hosts) {
    const size_t before = test::HeapBytes();
    base::SetThreadIndex(base::kMainThread);
    for (int i = 0; i < count; ++i) {
      config::Faults faults;
      envoy::config::cluster::v3::Cluster cluster;
      cluster.set_name(prefix + "-service-" + std::to_string(i));
      cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
      cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
      EXPECT_TRUE(manager_->AddOrUpdate(cluster, true, "1", faults));
      envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
      assignment.set_cluster_name(cluster.name());
      auto& endpoints = *assignment.add_endpoints();
      for (int host = 0; host < hosts; ++host) {
        auto& address = *endpoints.add_lb_endpoints()
                             ->mutable_endpoint()
                             ->mutable_address()
                             ->mutable_socket_address();
        address.set_address(base::StrCat("10.", 100 + host, ".", i >> 8, ".", i & 255));
        address.set_port_value(8080);
      }
      EXPECT_TRUE(manager_->UpdateEndpoints(source_, assignment, faults));
    }
    Turn(2);
    return test::HeapBytes() - before;
  }
};

TEST_F(ClusterMemoryTest, IdleClustersAndHostsAreSmall) {
  if (!test::kHeapIsPlain) GTEST_SKIP() << "the heap is a sanitizer's";
  constexpr int kCount = 2'000;
  wanted_.keeps_names = false;
  Cost("warm-up", 10, 10);
  const size_t bare = Cost("bare", kCount, 0);
  const size_t with_hosts = Cost("full", kCount, 10);
  const size_t a_cluster = bare / kCount;
  const size_t a_host = (with_hosts - bare) / kCount / 10;
  RecordProperty("bytes_a_cluster", static_cast<int>(a_cluster));
  RecordProperty("bytes_a_host", static_cast<int>(a_host));
  // The promise is 2 KiB with what else is kept for a cluster: its place in the dump,
  // subscriptions.
  EXPECT_LE(a_cluster, 1'500U);
  EXPECT_LE(a_host, 176U);
}

}  // namespace
}  // namespace weir::clusters
