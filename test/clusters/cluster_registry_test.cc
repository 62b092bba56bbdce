#include "source/clusters/cluster_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "test/clusters/registry_fixture.h"

namespace weir::clusters {
namespace {

using ClusterRegistryTest = RegistryFixture;

TEST_F(ClusterRegistryTest, SlotsAreStableAndEmptyUntilThereIsACluster) {
  ClusterSlot& slot = manager_->Slot("web");
  EXPECT_EQ(slot.name(), "web");
  EXPECT_EQ(&manager_->Slot("web"), &slot);
  EXPECT_EQ(manager_->FindSlot("web"), &slot);
  EXPECT_EQ(manager_->FindSlot("other"), nullptr);
  EXPECT_EQ(At(0), nullptr);
  EXPECT_FALSE(manager_->Has("web"));
  ASSERT_TRUE(AddStatic({Ip(1)}));
  EXPECT_NE(At(0), nullptr);
  EXPECT_TRUE(manager_->Has("web"));
  EXPECT_EQ(&manager_->Slot("web"), &slot);
  // Main may use clusters as well, other threads may not.
  base::SetThreadIndex(base::kMainThread);
  EXPECT_NE(slot.Here(), nullptr);
  base::SetThreadIndex(base::kNoThread);
  EXPECT_EQ(slot.Here(), nullptr);
}

TEST_F(ClusterRegistryTest, IdenticalDefinitionChangesNothing) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  upstream::WorkerCluster* const local = At(0);
  ASSERT_TRUE(AddStatic({Ip(1)}));
  Turn(2);
  EXPECT_EQ(At(0), local);
}

TEST_F(ClusterRegistryTest, ChangedDefinitionReplacesTheClusterAndKeepsHosts) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2)}));
  upstream::WorkerCluster* const local = At(0);
  const upstream::LocalClusterRef ref(local);
  const auto before = HostsOf();
  ASSERT_TRUE(AddStatic({Ip(2), Ip(3)}, "connect_timeout: 1s"));
  EXPECT_NE(At(0), local);
  EXPECT_EQ(At(0)->config().options->connect.timeout_ms, 1000);
  EXPECT_EQ(local->config().options->connect.timeout_ms, 5000) << "who holds the old one keeps it";
  EXPECT_EQ(HostsOf()->hosts()[0], before->hosts()[1]);
  EXPECT_EQ(&At(0)->cluster().breakers(), &local->cluster().breakers());
}

TEST_F(ClusterRegistryTest, LimitsOfANewDefinitionHoldAtOnce) {
  ASSERT_TRUE(AddStatic({Ip(1)}, "circuit_breakers: {thresholds: [{max_retries: 1}]}"));
  EXPECT_TRUE(At(0)->StartRetry(0));
  EXPECT_FALSE(At(1)->StartRetry(0)) << "one limit for all workers";
  ASSERT_TRUE(AddStatic({Ip(1)}, "circuit_breakers: {thresholds: [{max_retries: 2}]}"));
  EXPECT_TRUE(At(1)->StartRetry(0));
  EXPECT_FALSE(At(0)->StartRetry(0)) << "what the old definition took still counts";
}

TEST_F(ClusterRegistryTest, BadDefinitionLeavesTheOldOne) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  upstream::WorkerCluster* const local = At(0);
  EXPECT_FALSE(Add("{name: web, transport_socket: {name: tls}}"));
  EXPECT_NE(faults_.find("transport_socket"), std::string::npos);
  EXPECT_EQ(At(0), local);
  EXPECT_FALSE(Add("{name: new, transport_socket: {name: tls}}"));
  EXPECT_FALSE(manager_->Has("new"));
}

TEST_F(ClusterRegistryTest, BootstrapClustersAreNotTheControlPlanes) {
  ASSERT_TRUE(Add("{name: web}", false));
  EXPECT_TRUE(Add("{name: web, connect_timeout: 1s}", true));
  EXPECT_EQ(ignored_count_, 1U);
  EXPECT_EQ(At(0)->config().options->connect.timeout_ms, 5000);
  EXPECT_FALSE(manager_->Remove("web"));
  EXPECT_FALSE(manager_->Remove("unknown"));
  EXPECT_TRUE(manager_->Has("web"));
}

TEST_F(ClusterRegistryTest, RemovedClusterIsGoneAndMayComeBack) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  ASSERT_NE(At(0), nullptr);
  base::SetThreadIndex(base::kMainThread);
  EXPECT_TRUE(manager_->Remove("web"));
  EXPECT_NE(At(0), nullptr) << "a worker may be in the middle of a turn that named it";
  Turn(3);
  EXPECT_EQ(At(0), nullptr);
  EXPECT_FALSE(manager_->Has("web"));
  EXPECT_FALSE(manager_->Remove("web"));
  ASSERT_TRUE(AddStatic({Ip(1)}));
  EXPECT_NE(At(0), nullptr);
}

TEST_F(ClusterRegistryTest, OneThatComesBackBeforeItIsGoneStays) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  const upstream::WorkerCluster* const first = At(0);
  base::SetThreadIndex(base::kMainThread);
  EXPECT_TRUE(manager_->Remove("web"));
  main_.RunReady();
  ASSERT_TRUE(AddStatic({Ip(1)}));
  Turn(5);
  EXPECT_EQ(At(0), first);
}

TEST_F(ClusterRegistryTest, StreamsOfARemovedClusterFinish) {
  ASSERT_TRUE(AddStatic({backend_.address()}));
  upstream::StreamClient client;
  upstream::LocalClusterRef ref(At(0));
  Ask(client, 0);
  ASSERT_TRUE(TurnUntil([&] { return client.is_ready(); }));
  base::SetThreadIndex(base::kMainThread);
  manager_->Remove("web");
  Turn(3);
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  EXPECT_EQ(client.status, 200);
  EXPECT_FALSE(client.reset.has_value());
  ref = upstream::LocalClusterRef();
}

TEST_F(ClusterRegistryTest, ReplacedClusterClosesItsIdleConnections) {
  ASSERT_TRUE(AddStatic({backend_.address()}));
  upstream::StreamClient client;
  Ask(client, 0);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  ASSERT_TRUE(AddStatic({backend_.address()}, "connect_timeout: 1s"));
  net::RawPeer& peer = backend_.peer(0);
  EXPECT_TRUE(TurnUntil([&] { return peer.Receive(), peer.ended(); }));
}

TEST_F(ClusterRegistryTest, EdsWaitsForEndpoints) {
  ASSERT_TRUE(AddEds("web", "web-service"));
  EXPECT_EQ(At(0), nullptr);
  EXPECT_FALSE(manager_->Has("web"));
  EXPECT_EQ(wanted_.names, (std::multiset<std::string>{"web-service"}));
  EXPECT_TRUE(UpdateEndpoints("web", {Ip(1)})) << "nobody's: no fault";
  EXPECT_EQ(At(0), nullptr);
  EXPECT_TRUE(UpdateEndpoints("web-service", {Ip(1), Ip(2)}));
  EXPECT_EQ(HostCount(), 2U);
  base::SetThreadIndex(base::kMainThread);
  manager_->Remove("web");
  Turn(3);
  EXPECT_TRUE(wanted_.names.empty());
}

TEST_F(ClusterRegistryTest, OneNameAtTwoSourcesIsTwoResources) {
  ASSERT_TRUE(AddEds("web", "shared"));
  ASSERT_TRUE(
      Add("{name: other, type: EDS, eds_cluster_config: {service_name: shared, "
          "eds_config: {self: {}}}}"));
  EXPECT_EQ(wanted_.names, (std::multiset<std::string>{"elsewhere: shared", "shared"}));
  ASSERT_TRUE(UpdateEndpoints("shared", {Ip(1)}));
  EXPECT_EQ(HostCount("web"), 1U);
  EXPECT_FALSE(manager_->Has("other"));
  source_ = wanted_.elsewhere.source;
  ASSERT_TRUE(UpdateEndpoints("shared", {Ip(1), Ip(2)}));
  EXPECT_EQ(HostCount("web"), 1U);
  EXPECT_EQ(HostCount("other"), 2U);
  // Moved to the other source, it takes what that has.
  ASSERT_TRUE(
      Add("{name: web, type: EDS, eds_cluster_config: {service_name: shared, "
          "eds_config: {self: {}}}}"));
  EXPECT_EQ(HostCount("web"), 2U);
  EXPECT_EQ(wanted_.names, (std::multiset<std::string>{"elsewhere: shared", "elsewhere: shared"}));
}

TEST_F(ClusterRegistryTest, EndpointsComeAndGoAndChange) {
  ASSERT_TRUE(AddEds("web"));
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1), Ip(2)}));
  upstream::WorkerCluster* const local = At(0);
  const auto before = HostsOf();
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(2), Ip(3)}));
  EXPECT_EQ(At(0), local) << "the same cluster, other hosts";
  const auto after = HostsOf();
  EXPECT_EQ(after->hosts()[0], before->hosts()[1]);
  ASSERT_TRUE(UpdateEndpoints(R"({cluster_name: web, endpoints: [{lb_endpoints: [
    {endpoint: {address: {socket_address: {address: 10.0.0.2, port_value: 80}}},
     load_balancing_weight: 5, health_status: DRAINING}]}]})"));
  EXPECT_EQ(HostsOf()->hosts()[0], before->hosts()[1]);
  EXPECT_EQ(before->hosts()[1]->weight(), 5U);
  EXPECT_FALSE(before->hosts()[1]->is_usable());
  ASSERT_TRUE(UpdateEndpoints("web", {}));
  EXPECT_EQ(HostCount(), 0U);
  EXPECT_TRUE(manager_->Has("web"));
}

TEST_F(ClusterRegistryTest, BadEndpointsLeaveTheOldOnes) {
  ASSERT_TRUE(AddEds("web"));
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  EXPECT_FALSE(UpdateEndpoints("web", {Ip(2), Ip(2)}));
  EXPECT_NE(faults_.find("lb_endpoints[1]"), std::string::npos) << faults_;
  EXPECT_EQ(HostsOf()->hosts()[0]->address(), Ip(1));
}

TEST_F(ClusterRegistryTest, IdleConnectionsToARemovedEndpointClose) {
  ASSERT_TRUE(AddEds("web"));
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address()}));
  upstream::StreamClient client;
  Ask(client, 1);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  net::RawPeer& peer = backend_.peer(0);
  EXPECT_TRUE(TurnUntil([&] { return peer.Receive(), peer.ended(); }));
}

TEST_F(ClusterRegistryTest, ShowsRemovedEndpointsWhileTheyAreInUse) {
  ASSERT_TRUE(AddEds("web"));
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address()}));
  upstream::StreamClient client;
  Ask(client, 1);
  ASSERT_TRUE(TurnUntil([&] { return client.is_ready(); }));
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address(), Ip(1)}));
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(2)}));
  const auto draining = [this] { return manager_->Clusters()[0]->draining; };
  ASSERT_EQ(draining().size(), 1U) << "the other endpoint was idle";
  EXPECT_EQ(draining()[0]->address(), backend_.address());
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(3)}));
  EXPECT_EQ(draining().size(), 1U) << "it stays through later changes";
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  EXPECT_TRUE(TurnUntil([&] { return draining().empty(); }));
}

TEST_F(ClusterRegistryTest, ConnectionsMayBeDrainedOnEveryChange) {
  ASSERT_TRUE(AddEds("web", "", "common_lb_config: {close_connections_on_host_set_change: true}"));
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address()}));
  upstream::StreamClient client;
  Ask(client, 1);
  ASSERT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  ASSERT_TRUE(UpdateEndpoints("web", {backend_.address(), Ip(1)}));
  net::RawPeer& peer = backend_.peer(0);
  EXPECT_TRUE(TurnUntil([&] { return peer.Receive(), peer.ended(); }));
}

TEST_F(ClusterRegistryTest, EdsThatIsNotAnsweredGoesLiveEmpty) {
  ASSERT_TRUE(AddEds("web"));
  base::SetThreadIndex(base::kMainThread);
  manager_->EndpointsMissing(source_, "web");
  EXPECT_NE(At(0), nullptr);
  EXPECT_EQ(HostCount(), 0U);
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  EXPECT_EQ(HostCount(), 1U);
}

// The control plane has answered for the name and need not answer again.
TEST_F(ClusterRegistryTest, RedefinedEdsClusterDoesNotWaitAgain) {
  ASSERT_TRUE(AddEds("web"));
  ASSERT_TRUE(UpdateEndpoints("web", {Ip(1)}));
  const balancing::HostPtr host = HostsOf()->hosts()[0];
  ASSERT_TRUE(AddEds("web", "", "connect_timeout: 1s"));
  EXPECT_EQ(At(0)->config().options->connect.timeout_ms, 1000);
  EXPECT_EQ(HostsOf()->hosts()[0], host);
  EXPECT_EQ(wanted_.names, (std::multiset<std::string>{"web"}));
}

TEST_F(ClusterRegistryTest, ClustersShareAnEdsName) {
  ASSERT_TRUE(AddEds("a", "shared"));
  ASSERT_TRUE(UpdateEndpoints("shared", {Ip(1)}));
  ASSERT_TRUE(AddEds("b", "shared"));
  EXPECT_EQ(HostCount("b"), 1U) << "known already";
  EXPECT_NE(HostsOf("a")->hosts()[0], HostsOf("b")->hosts()[0]) << "each counts for itself";
  ASSERT_TRUE(UpdateEndpoints("shared", {Ip(1), Ip(2)}));
  EXPECT_EQ(HostCount("a"), 2U);
  EXPECT_EQ(HostCount("b"), 2U);
  base::SetThreadIndex(base::kMainThread);
  manager_->Remove("a");
  Turn(3);
  EXPECT_EQ(wanted_.names, (std::multiset<std::string>{"shared"}));
}

constexpr std::string_view kDns = R"({name: web, type: STRICT_DNS, load_assignment: {
  cluster_name: web, endpoints: [{lb_endpoints: [
  {endpoint: {address: {socket_address: {address: web.example, port_value: 80}}}}]}]}})";

TEST_F(ClusterRegistryTest, DnsClusterFollowsItsName) {
  ASSERT_TRUE(Add(kDns));
  EXPECT_EQ(At(0), nullptr);
  resolver_.Answer("web.example", {"10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(HostCount(), 2U);
  EXPECT_EQ(HostsOf()->hosts()[0]->hostname(), "web.example");
  const auto before = HostsOf();
  Advance(5'001);
  resolver_.Answer("web.example", {"10.0.0.2", "10.0.0.3"});
  EXPECT_EQ(HostsOf()->hosts()[0], before->hosts()[1]);
  Advance(5'001);
  resolver_.Fail("web.example");
  EXPECT_EQ(HostCount(), 2U);
  base::SetThreadIndex(base::kMainThread);
  manager_->Remove("web");
  Advance(5'001);
  EXPECT_FALSE(resolver_.IsAsked("web.example"));
}

TEST_F(ClusterRegistryTest, OldDefinitionServesUntilTheNewOneIsWarm) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  ASSERT_TRUE(Add(kDns));
  EXPECT_EQ(At(0)->config().type, upstream::DiscoveryType::kStatic);
  EXPECT_TRUE(manager_->Has("web"));
  resolver_.Fail("web.example");
  EXPECT_EQ(At(0)->config().type, upstream::DiscoveryType::kStrictDns);
  EXPECT_EQ(HostCount(), 0U);
}

TEST_F(ClusterRegistryTest, WarmingDefinitionMayBeReplacedWithdrawnOrRemoved) {
  ASSERT_TRUE(AddStatic({Ip(1)}));
  ASSERT_TRUE(Add(kDns));
  ASSERT_TRUE(AddStatic({Ip(1)}));
  EXPECT_FALSE(resolver_.IsAsked("web.example"));
  EXPECT_EQ(At(0)->config().type, upstream::DiscoveryType::kStatic);
  ASSERT_TRUE(Add(kDns));
  ASSERT_TRUE(AddStatic({Ip(2)}));
  EXPECT_FALSE(resolver_.IsAsked("web.example"));
  EXPECT_EQ(HostsOf()->hosts()[0]->address(), Ip(2));
  ASSERT_TRUE(Add(kDns));
  base::SetThreadIndex(base::kMainThread);
  EXPECT_TRUE(manager_->Remove("web"));
  EXPECT_FALSE(resolver_.IsAsked("web.example"));
  Turn(3);
  EXPECT_EQ(At(0), nullptr);
}

TEST_F(ClusterRegistryTest, InitializedWhenNothingWarmsForTheFirstTime) {
  bool is_initialized = false;
  ASSERT_TRUE(Add(kDns));
  ASSERT_TRUE(AddEds("eds"));
  ASSERT_TRUE(AddEds("late", "", "wait_for_warm_on_init: false"));
  manager_->WhenInitialized([&] { is_initialized = true; });
  Turn(2);
  EXPECT_FALSE(is_initialized);
  resolver_.Answer("web.example", {"10.0.0.1"});
  Turn(2);
  EXPECT_FALSE(is_initialized);
  UpdateEndpoints("eds", {});
  EXPECT_FALSE(is_initialized) << "not from inside the call";
  Turn(2);
  EXPECT_TRUE(is_initialized);
  // Later: at once, although a change of a live cluster is warming.
  ASSERT_TRUE(AddEds("web", "other"));
  is_initialized = false;
  manager_->WhenInitialized([&] { is_initialized = true; });
  Turn(2);
  EXPECT_TRUE(is_initialized);
}

TEST_F(ClusterRegistryTest, RemovedClusterIsNotWaitedFor) {
  bool is_initialized = false;
  ASSERT_TRUE(AddEds("web"));
  manager_->WhenInitialized([&] { is_initialized = true; });
  base::SetThreadIndex(base::kMainThread);
  manager_->Remove("web");
  Turn(2);
  EXPECT_TRUE(is_initialized);
}

TEST_F(ClusterRegistryTest, ShowsClustersToAnyThread) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2)}));
  ASSERT_TRUE(Add("{name: fixed}", false, ""));
  ASSERT_TRUE(AddEds("eds"));
  std::vector<std::shared_ptr<const ClusterView>> views;
  std::thread([&] { views = manager_->Clusters(); }).join();
  ASSERT_EQ(views.size(), 3U);
  const auto find = [&](const std::string& name) {
    return *std::find_if(views.begin(), views.end(),
                         [&](const auto& view) { return view->config->name == name; });
  };
  EXPECT_EQ(find("web")->hosts.size(), 2U);
  EXPECT_TRUE(find("web")->added_via_api);
  EXPECT_EQ(find("web")->version_info, "v1");
  EXPECT_EQ(find("web")->last_updated_us, main_.wall_us());
  EXPECT_FALSE(find("web")->warming);
  EXPECT_FALSE(find("fixed")->added_via_api);
  EXPECT_TRUE(find("eds")->warming);
}

TEST_F(ClusterRegistryTest, StatisticsAreNamedAfterTheCluster) {
  ASSERT_TRUE(Add("{name: 'a:b', alt_stat_name: ''}"));
  ASSERT_TRUE(Add("{name: c, alt_stat_name: d}"));
  std::vector<std::string> prefixes;
  for (const auto& group : store_.Groups()) prefixes.emplace_back(group->prefix());
  EXPECT_NE(std::find(prefixes.begin(), prefixes.end(), "cluster.a_b"), prefixes.end());
  EXPECT_NE(std::find(prefixes.begin(), prefixes.end(), "cluster.d"), prefixes.end());
  EXPECT_EQ(std::find(prefixes.begin(), prefixes.end(), "cluster.c"), prefixes.end());
  const auto groups = store_.Groups();
  const auto named = std::find_if(groups.begin(), groups.end(), [](const auto& group) {
    return group->prefix() == "cluster.a_b";
  });
  ASSERT_NE(named, groups.end());
  EXPECT_EQ((*named)->labels().tag(0).name, "envoy_cluster_name");
}

TEST_F(ClusterRegistryTest, CountsClustersByWhatBecameOfThem) {
  const auto shown = [this] {
    std::string text;
    for (const auto& group : store_.Groups()) {
      if (group->prefix() != "cluster_manager") continue;
      for (const stats::Metric& metric : group->metrics()) {
        base::StrAppend(&text, metric.name, "=",
                        metric.kind == stats::Kind::kGauge ? group->GaugeValue(metric)
                                                           : group->CounterValue(metric),
                        " ");
      }
    }
    return text;
  };
  ASSERT_TRUE(AddStatic({Ip(1)}));
  ASSERT_TRUE(AddEds("eds"));
  ASSERT_FALSE(Add("{name: bad, type: EDS}"));
  EXPECT_EQ(shown(),
            "cluster_added=2 cluster_modified=0 cluster_removed=0 cluster_updated=0 "
            "active_clusters=1 warming_clusters=1 ");
  ASSERT_TRUE(AddStatic({Ip(1)})) << "the same again";
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2)}));
  ASSERT_TRUE(UpdateEndpoints("eds", {Ip(1)}));
  ASSERT_TRUE(UpdateEndpoints("eds", {Ip(2)}));
  EXPECT_EQ(shown(),
            "cluster_added=2 cluster_modified=1 cluster_removed=0 cluster_updated=1 "
            "active_clusters=2 warming_clusters=0 ");
  ASSERT_TRUE(manager_->Remove("eds"));
  ASSERT_TRUE(AddEds("eds")) << "back before it was gone";
  ASSERT_TRUE(manager_->Remove("web"));
  Turn(4);
  EXPECT_EQ(shown(),
            "cluster_added=2 cluster_modified=1 cluster_removed=1 cluster_updated=1 "
            "active_clusters=1 warming_clusters=0 ");
  ASSERT_TRUE(AddEds("new"));
  ASSERT_TRUE(manager_->Remove("new")) << "it never went live";
  EXPECT_EQ(shown(),
            "cluster_added=3 cluster_modified=1 cluster_removed=2 cluster_updated=1 "
            "active_clusters=1 warming_clusters=0 ");
}

TEST_F(ClusterRegistryTest, StatisticsOfGrpcOutliveADefinitionAndNotTheCluster) {
  const auto count = [this] {
    size_t found = 0;
    for (const auto& group : store_.Groups()) found += group->prefix() == "cluster.web.grpc.s.m";
    return found;
  };
  ASSERT_TRUE(AddStatic({Ip(1)}));
  upstream::GrpcStats* const stats = At(0)->grpc_stats();
  EXPECT_EQ(At(1)->grpc_stats(), stats) << "one for all workers";
  stats->OfMethod({"s", "m"});
  ASSERT_TRUE(AddStatic({Ip(1)}, "connect_timeout: 1s"));
  Turn(5);
  EXPECT_EQ(count(), 1U) << "nobody has asked the new definition yet";
  EXPECT_EQ(At(0)->grpc_stats(), stats);
  ASSERT_TRUE(AddStatic({Ip(1)}, "alt_stat_name: other"));
  At(0);
  Turn(5);
  EXPECT_EQ(count(), 0U) << "counted under another name from now on";
  At(0)->grpc_stats()->OfMethod({"s", "m"});
  ASSERT_TRUE(AddStatic({Ip(1)}));
  At(0)->grpc_stats()->OfMethod({"s", "m"});
  EXPECT_EQ(count(), 1U);
  base::SetThreadIndex(base::kMainThread);
  EXPECT_TRUE(manager_->Remove("web"));
  At(0);
  At(1);
  Turn(5);
  EXPECT_EQ(count(), 0U);
}

TEST_F(ClusterRegistryTest, RoundRobinIsExactOverWorkers) {
  ASSERT_TRUE(AddStatic({Ip(1), Ip(2), Ip(3)}));
  std::deque<upstream::StreamClient> clients(30);
  for (int i = 0; i < 30; ++i) Ask(clients[i], i % 2);
  for (const balancing::HostPtr& host : HostsOf()->hosts())
    EXPECT_EQ(host->active_requests.load(), 10U);
  for (auto& client : clients) client.Cancel();
}

// Two workers share one connection: each gives it up when the other waits.
TEST_F(ClusterRegistryTest, OneConnectionServesTwoWorkers) {
  ASSERT_TRUE(
      AddStatic({backend_.address()}, "circuit_breakers: {thresholds: [{max_connections: 1}]}"));
  std::deque<upstream::StreamClient> clients(20);
  for (int i = 0; i < 20; ++i) Ask(clients[i], i % 2);
  const upstream::CircuitBreakers& breakers = At(0)->cluster().breakers();
  const auto all_done = [&] {
    backend_.Answer();
    EXPECT_LE(breakers.count(upstream::Resource::kConnections, 0), 1U);
    return std::all_of(clients.begin(), clients.end(),
                       [](const upstream::StreamClient& client) { return client.is_done(); });
  };
  EXPECT_TRUE(TurnUntil(all_done));
  // An idle connection of the one does not stop the other.
  for (int worker : {0, 1, 0, 1}) {
    upstream::StreamClient client;
    Ask(client, worker);
    EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), client.is_done(); }));
  }
}

TEST_F(ClusterRegistryTest, ShutdownClosesIdleConnectionsAndHidesClusters) {
  ASSERT_TRUE(AddStatic({backend_.address()}));
  upstream::StreamClient idle, busy;
  Ask(busy, 1);
  ASSERT_TRUE(TurnUntil([&] { return busy.is_ready(); }));
  Ask(idle, 0);
  ASSERT_TRUE(TurnUntil([&] { return idle.is_ready(); }));
  backend_.Accept();
  EXPECT_TRUE(TurnUntil([&] { return !backend_.peer(1).Receive().empty(); }));
  backend_.peer(1).Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(TurnUntil([&] { return idle.is_done(); }));
  manager_->Shutdown();
  EXPECT_TRUE(TurnUntil([&] { return backend_.peer(1).Receive(), backend_.peer(1).ended(); }));
  EXPECT_EQ(At(0), nullptr);
  EXPECT_EQ(At(1), nullptr);
  EXPECT_EQ(manager_->Slot("never used").Here(), nullptr);
  EXPECT_FALSE(busy.is_done());
  EXPECT_TRUE(TurnUntil([&] { return backend_.Answer(), busy.is_done(); }));
  EXPECT_EQ(busy.status, 200);
}

}  // namespace
}  // namespace weir::clusters
