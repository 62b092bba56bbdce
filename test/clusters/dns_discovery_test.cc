#include "source/clusters/dns_discovery.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"
#include "test/clusters/fake_resolver.h"
#include "test/support/manual_clock.h"

namespace weir::clusters {
namespace {

class DnsDiscoveryTest : public testing::Test, public DnsListener {
 protected:
  void OnEndpoints(balancing::Assignment assignment, const net::Address& logical_address) override {
    addresses_.clear();
    for (const balancing::EndpointConfig& endpoint : assignment.endpoints) {
      EXPECT_TRUE(endpoint.dns_name.empty());
      addresses_.push_back(endpoint.address.ToString());
    }
    last_ = std::move(assignment);
    logical_ = logical_address;
  }
  void OnLookup(DnsLookup::Outcome outcome) override { outcomes_.push_back(outcome); }
  void OnSettled() override { ++settled_count_; }

  void AddName(const std::string& name, uint16_t port, uint32_t weight = 1) {
    balancing::EndpointConfig endpoint = balancing::MakeEndpoint(0, weight);
    endpoint.address = {};
    endpoint.dns_name = name;
    endpoint.dns_port = port;
    templates_.endpoints.push_back(endpoint);
  }
  void Start(upstream::DiscoveryType type = upstream::DiscoveryType::kStrictDns) {
    config_.type = type;
    config_.dns = std::make_shared<upstream::DnsConfig>();
    discovery_.emplace(loop_, resolver_, config_, templates_, *this);
    ASSERT_TRUE(discovery_->Prepare().ok());
    discovery_->Start();
  }
  void Refresh() {
    clock_.AdvanceMs(5'001);
    loop_.RunReady();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  FakeResolver resolver_;
  upstream::ClusterConfig config_;
  balancing::Assignment templates_, last_;
  std::vector<std::string> addresses_;
  net::Address logical_;
  std::vector<DnsLookup::Outcome> outcomes_;
  int settled_count_ = 0;
  std::optional<DnsDiscovery> discovery_;
};

using Texts = std::vector<std::string>;

TEST_F(DnsDiscoveryTest, EveryAddressOfEveryNameIsAnEndpoint) {
  AddName("a", 80, 3);
  AddName("b", 81);
  templates_.endpoints.push_back(balancing::MakeEndpoint(9));
  templates_.overprovisioning_percent = 200;
  Start();
  resolver_.Answer("a", {"10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(settled_count_, 0);
  resolver_.Answer("b", {"::1"});
  EXPECT_EQ(settled_count_, 1);
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80", "10.0.0.2:80", "[::1]:81", "10.0.0.9:80"}));
  EXPECT_EQ(last_.endpoints[1].weight, 3U);
  EXPECT_EQ(last_.overprovisioning_percent, 200U);
  EXPECT_FALSE(logical_.is_set());
  Refresh();
  resolver_.Answer("a", {"10.0.0.2"});
  EXPECT_EQ(addresses_, (Texts{"10.0.0.2:80", "[::1]:81", "10.0.0.9:80"}));
  EXPECT_EQ(settled_count_, 1);
}

TEST_F(DnsDiscoveryTest, OneNameIsAskedOnceForAllItsPorts) {
  AddName("a", 80);
  AddName("a", 81);
  Start();
  EXPECT_EQ(resolver_.asked_count, 1);
  resolver_.Answer("a", {"10.0.0.1"});
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80", "10.0.0.1:81"}));
}

TEST_F(DnsDiscoveryTest, SettlesThoughALookupFails) {
  AddName("a", 80);
  AddName("b", 80);
  Start();
  resolver_.Fail("a");
  resolver_.Answer("b", {"10.0.0.1"});
  EXPECT_EQ(settled_count_, 1);
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80"}));
  EXPECT_EQ(outcomes_.front(), DnsLookup::Outcome::kFailed);
}

TEST_F(DnsDiscoveryTest, FailedLookupKeepsTheEndpoints) {
  AddName("a", 80);
  Start();
  resolver_.Answer("a", {"10.0.0.1"});
  Refresh();
  resolver_.Fail("a");
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80"}));
}

TEST_F(DnsDiscoveryTest, NothingToLookUpSettlesAtOnce) {
  templates_.endpoints.push_back(balancing::MakeEndpoint(1));
  Start();
  EXPECT_EQ(settled_count_, 1);
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80"}));
}

TEST_F(DnsDiscoveryTest, LogicalHostKeepsItsIdentity) {
  AddName("a", 80);
  Start(upstream::DiscoveryType::kLogicalDns);
  resolver_.Answer("a", {"10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(settled_count_, 1);
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80"}));
  EXPECT_EQ(logical_.ToString(), "10.0.0.1:80");
  Refresh();
  resolver_.Answer("a", {"10.0.0.2", "10.0.0.1"});
  EXPECT_EQ(addresses_, (Texts{"10.0.0.1:80"}));
  EXPECT_EQ(logical_.ToString(), "10.0.0.2:80");
  Refresh();
  resolver_.Answer("a", {});
  EXPECT_EQ(logical_.ToString(), "10.0.0.2:80") << "an empty answer takes nothing away";
}

TEST_F(DnsDiscoveryTest, LogicalHostWithoutAnAnswerSettlesEmpty) {
  AddName("a", 80);
  Start(upstream::DiscoveryType::kLogicalDns);
  resolver_.Fail("a");
  EXPECT_EQ(settled_count_, 1);
  EXPECT_TRUE(addresses_.empty());
}

}  // namespace
}  // namespace weir::clusters
