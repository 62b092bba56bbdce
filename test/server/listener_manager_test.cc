#include "source/server/listener_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::listener::v3::Listener;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One worker, whose loop this thread turns after main's.
class ListenerManagerTest : public discovery::ResourceFixture {
 protected:
  ListenerManagerTest() { UseSource(); }
  ~ListenerManagerTest() override {
    worker_.CutAll();
    Settle();
    manager_.reset();
    Settle();
  }

  bool Add(const std::string& text, bool via_api = true) {
    return manager_->AddOrUpdate(FromText<Listener>(text), via_api, faults_);
  }
  void Settle() {
    for (int i = 0; i < 400; ++i) {
      loop_.RunReady();
      worker_.loop().RunReady();
    }
    base::SetThreadIndex(base::kMainThread);
  }
  net::Address AddressOf(const std::string& name) {
    for (const ListenerView& view : manager_->Views()) {
      if (view.name == name) return view.addresses.front();
    }
    return {};
  }
  std::unique_ptr<net::RawPeer> ConnectTo(const std::string& name) {
    auto peer = std::make_unique<net::RawPeer>(server::ConnectTo(AddressOf(name)));
    Settle();
    return peer;
  }
  std::string Ask(net::RawPeer& peer, std::string_view bytes) {
    peer.Send(bytes);
    Settle();
    return peer.Receive();
  }
  ListenerManagerStats& counters() {
    return stats_.AddGroup<ListenerManagerStats>("listener_manager")->Here();
  }

  ConnectionLimit limit_{100};
  Worker worker_{1, limit_, 10'000};
  std::unique_ptr<ListenerManager> manager_ = std::make_unique<ListenerManager>(
      ListenerManager::Context{registry_, loop_, stats_, *clusters_, *routes_, node_},
      std::vector<Worker*>{&worker_});
};

TEST_F(ListenerManagerTest, BindsAtOnceAndServesOnceItMay) {
  ASSERT_TRUE(Add(ListenerText("web", "a"))) << faults_.ToString();
  EXPECT_TRUE(manager_->is_warming());
  EXPECT_THAT(manager_->Views(), IsEmpty());
  EXPECT_THAT(manager_->WarmingNames(), ElementsAre("web"));
  manager_->StartAccepting();
  Settle();
  EXPECT_FALSE(manager_->is_warming());
  EXPECT_THAT(manager_->WarmingNames(), IsEmpty());
  EXPECT_NE(AddressOf("web").port(), 0);
  auto peer = ConnectTo("web");
  EXPECT_EQ(Ask(*peer, "hi"), "a:hi");
  EXPECT_THAT(manager_->ApiNames(), ElementsAre("web"));
}

TEST_F(ListenerManagerTest, AnUpdateKeepsTheSockets) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  const net::Address before = AddressOf("web");
  auto peer = ConnectTo("web");
  ASSERT_TRUE(Add(ListenerText("web", "b")));
  Settle();
  EXPECT_EQ(AddressOf("web"), before);
  auto next = ConnectTo("web");
  EXPECT_EQ(Ask(*next, "hi"), "b:hi");
  EXPECT_EQ(Ask(*peer, "last"), "a:last");
}

TEST_F(ListenerManagerTest, TheSameDefinitionAgainChangesNothing) {
  manager_->StartAccepting();
  int changes = 0;
  manager_->SetLiveChanged([&] { ++changes; });
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  EXPECT_EQ(changes, 1);
}

TEST_F(ListenerManagerTest, AWrongUpdateLeavesTheOldOne) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  EXPECT_FALSE(Add(absl::StrCat("name: \"web\" ", AddressText())));
  EXPECT_FALSE(faults_.ok());
  auto peer = ConnectTo("web");
  EXPECT_EQ(Ask(*peer, "hi"), "a:hi");
}

TEST_F(ListenerManagerTest, AListenerWaitsForItsRouteTable) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a", 0, "rds:table"))) << faults_.ToString();
  EXPECT_TRUE(manager_->is_warming());
  EXPECT_THAT(source_.by_type["RouteConfiguration"].journal, ElementsAre("+table"));
  source_.TimeOut("RouteConfiguration", {"table"});
  EXPECT_FALSE(manager_->is_warming()) << "given up on";
}

TEST_F(ListenerManagerTest, AListenerWaitsForTheClustersItNames) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a", 0, "one"))) << faults_.ToString();
  EXPECT_TRUE(manager_->is_warming());
  config::Faults faults;
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("one");
  ASSERT_TRUE(clusters_->AddOrUpdate(cluster, true, "1", faults));
  Turn();
  EXPECT_FALSE(manager_->is_warming());

  // And keeps them while it serves, until its last connection is gone.
  auto peer = ConnectTo("web");
  EXPECT_EQ(Ask(*peer, "hi"), "a:hi");
  EXPECT_TRUE(clusters_->Remove("one"));
  EXPECT_TRUE(clusters_->Has("one"));
  EXPECT_TRUE(manager_->Remove("web"));
  Settle();
  EXPECT_TRUE(clusters_->Has("one"));
  EXPECT_EQ(Ask(*peer, "last"), "a:last");
  peer.reset();
  Settle();
  EXPECT_FALSE(clusters_->Has("one"));
}

TEST_F(ListenerManagerTest, ButNotForEver) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a", 0, "never")));
  Advance(clusters::ClusterWait::kMostMs - 1);
  EXPECT_TRUE(manager_->is_warming());
  Advance(1);
  EXPECT_FALSE(manager_->is_warming());
}

TEST_F(ListenerManagerTest, WhileTheNextVersionWarmsTheOldOneServes) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  ASSERT_TRUE(Add(ListenerText("web", "b", 0, "rds:table")));
  Settle();
  auto peer = ConnectTo("web");
  EXPECT_EQ(Ask(*peer, "hi"), "a:hi");
  source_.TimeOut("RouteConfiguration", {"table"});
  Settle();
  auto next = ConnectTo("web");
  EXPECT_EQ(Ask(*next, "hi"), "b:hi");
}

TEST_F(ListenerManagerTest, AWarmingListenerCanBeChangedOnItsOwnSockets) {
  const int fd = net::BindListenSocket(*net::Address::ParseIp("127.0.0.1", 0), {}).value();
  const uint16_t port = net::BoundAddress(fd)->port();
  close(fd);
  const std::string alone = "enable_reuse_port { value: false } ";
  ASSERT_TRUE(Add(ListenerText("web", "a", port) + alone)) << faults_.ToString();
  ASSERT_TRUE(Add(ListenerText("web", "b", port) + alone)) << faults_.ToString();
  manager_->StartAccepting();
  Settle();
  auto peer = ConnectTo("web");
  EXPECT_EQ(Ask(*peer, "hi"), "b:hi");
}

TEST_F(ListenerManagerTest, OptionsOfItsSocketsNeedNewSockets) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  auto peer = ConnectTo("web");
  // SO_KEEPALIVE
  ASSERT_TRUE(Add(ListenerText("web", "a") + "socket_options { level: 1 name: 9 int_value: 1 }"))
      << faults_.ToString();
  Settle();
  auto next = ConnectTo("web");
  EXPECT_EQ(Ask(*next, "hi"), "a:hi");
  EXPECT_EQ(Ask(*peer, "last"), "a:last");
  EXPECT_TRUE(peer->ended()) << "the old sockets' connections drain";
  EXPECT_FALSE(Add(ListenerText("other", "a") + "socket_options { level: 1 name: 9999 }"));
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("cannot set socket option 1/9999 for ")));
}

TEST_F(ListenerManagerTest, AListenerCanMove) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  auto peer = ConnectTo("web");
  ASSERT_TRUE(Add(absl::StrCat("name: \"web\" ", AddressText(0, "127.0.0.2"), "filter_chains { ",
                               FilterText("b"), "}")))
      << faults_.ToString();
  Settle();
  EXPECT_EQ(AddressOf("web").IpString(), "127.0.0.2");
  EXPECT_EQ(Ask(*peer, "last"), "a:last");
  EXPECT_TRUE(peer->ended()) << "the old sockets' connections drain";
}

TEST_F(ListenerManagerTest, TwoListenersCannotHaveOneAddress) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("one", "a")));
  Settle();
  const uint16_t port = AddressOf("one").port();
  EXPECT_FALSE(Add(ListenerText("two", "b", port)));
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("is the address of listener \"one\" already"));
}

// Not only once it is bound: --mode validate tells too.
TEST_F(ListenerManagerTest, TwoListenersCannotHaveOneAddressEvenUnbound) {
  ListenerManager checker(
      ListenerManager::Context{registry_, loop_, stats_, *clusters_, *routes_, node_}, {});
  const auto add = [&](const std::string& name) {
    return checker.AddOrUpdate(FromText<Listener>(ListenerText(name, "a", 10001)), false, faults_);
  };
  EXPECT_TRUE(add("one"));
  EXPECT_FALSE(add("two"));
  EXPECT_THAT(Lines(),
              ElementsAre("address: 127.0.0.1:10001 is the address of listener \"one\" already"));
}

TEST_F(ListenerManagerTest, TwoStaticListenersCannotHaveOneName) {
  ASSERT_TRUE(Add(ListenerText("web", "a"), /*via_api=*/false));
  EXPECT_FALSE(Add(ListenerText("web", "b"), /*via_api=*/false));
  EXPECT_FALSE(Add(ListenerText("web", "a"), /*via_api=*/false)) << "not even the same twice";
  ASSERT_EQ(Lines().size(), 2u);
  EXPECT_THAT(Lines()[0], HasSubstr("name: \"web\" is the name of the listener on 127.0.0.1:"));
  EXPECT_EQ(Lines()[1], Lines()[0]);
}

TEST_F(ListenerManagerTest, NamelessListenersAreToldApartByTheirAddresses) {
  ASSERT_TRUE(Add(ListenerText("", "a"), /*via_api=*/false));
  EXPECT_FALSE(Add(ListenerText("", "b"), /*via_api=*/false));
  EXPECT_THAT(Lines(), ElementsAre("name: is missing, and a listener is called \"127.0.0.1:0\", "
                                   "this one's address, already"));
}

TEST_F(ListenerManagerTest, AnAddressSomebodyElseHasIsAFault) {
  Bind();
  EXPECT_FALSE(Add(ListenerText("web", "a", address_.port())));
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], HasSubstr("cannot bind 127.0.0.1:"));
}

TEST_F(ListenerManagerTest, TheControlPlaneCannotTouchStaticListeners) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a"), /*via_api=*/false));
  EXPECT_FALSE(Add(ListenerText("web", "b")));
  EXPECT_THAT(Lines(), ElementsAre("name: \"web\" is a static listener's name"));
  EXPECT_FALSE(manager_->Remove("web"));
  EXPECT_THAT(manager_->ApiNames(), IsEmpty());
}

TEST_F(ListenerManagerTest, ARemovedListenerDrains) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  auto peer = ConnectTo("web");
  EXPECT_TRUE(manager_->Remove("web"));
  EXPECT_FALSE(manager_->Remove("web"));
  Settle();
  EXPECT_THAT(manager_->Views(), IsEmpty());
  EXPECT_EQ(Ask(*peer, "last"), "a:last");
  EXPECT_TRUE(peer->ended());
  EXPECT_EQ(counters().listener_removed.value(), 1u);
}

TEST_F(ListenerManagerTest, DrainingAllTellsWhenTheLastConnectionIsGone) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("one", "a")) && Add(ListenerText("two", "b")));
  Settle();
  auto peer = ConnectTo("two");
  bool drained = false;
  manager_->DrainAll([&] { drained = true; });
  Settle();
  EXPECT_FALSE(drained);
  EXPECT_THAT(manager_->Views(), IsEmpty());
  Ask(*peer, "last");
  for (int i = 0; i < 1000 && !drained; ++i) Settle();
  EXPECT_TRUE(drained);
}

TEST_F(ListenerManagerTest, ADrainMayEndWhenTheManagerIsGone) {
  manager_->StartAccepting();
  ASSERT_TRUE(Add(ListenerText("web", "a")));
  Settle();
  auto peer = ConnectTo("web");
  bool drained = false;
  manager_->DrainAll([&] { drained = true; });
  Settle();
  manager_.reset();
  worker_.CutAll();
  while (limit_.taken() > 0) Settle();
  for (int i = 0; i < 20; ++i) Settle();
  EXPECT_FALSE(drained);
}

TEST_F(ListenerManagerTest, DrainingNothingIsDoneAtOnce) {
  bool drained = false;
  manager_->DrainAll([&] { drained = true; });
  Settle();
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace weir::server
