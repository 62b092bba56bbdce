#include "source/clusters/destination_discovery.h"

#include <gtest/gtest.h>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"
#include "test/support/manual_clock.h"

namespace weir::clusters {
namespace {

using balancing::HostAddress;

class DestinationDiscoveryTest : public testing::Test {
 protected:
  DestinationDiscoveryTest() {
    config_.cleanup_interval_ms = 100;
    discovery_ = std::make_unique<DestinationDiscovery>(
        loop_, config_, table_, [this](const auto& added, DestinationDiscovery::Hosts removed) {
          ++changes_;
          added_ = added;
          removed_ = std::move(removed);
        });
  }
  void Advance(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.RunReady();
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  upstream::DestinationConfig config_;
  balancing::DestinationTable table_;
  std::unique_ptr<DestinationDiscovery> discovery_;
  DestinationDiscovery::Hosts added_, removed_;
  int changes_ = 0;
};

TEST_F(DestinationDiscoveryTest, WhatCameInOneTurnIsOneChange) {
  const balancing::HostPtr one = table_.Get(HostAddress(1)), two = table_.Get(HostAddress(2));
  EXPECT_EQ(changes_, 0);
  loop_.RunReady();
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(added_, (DestinationDiscovery::Hosts{one, two}));
  EXPECT_TRUE(removed_.empty());
}

TEST_F(DestinationDiscoveryTest, UnusedHostsGo) {
  const balancing::DestinationHostPtr kept = table_.Get(HostAddress(1));
  const balancing::DestinationHostPtr busy = table_.Get(HostAddress(2));
  const balancing::HostPtr unused = table_.Get(HostAddress(3));
  busy->active_requests = 1;
  loop_.RunReady();
  Advance(100);
  EXPECT_EQ(changes_, 1) << "all were used in the first interval";
  kept->Use();
  Advance(100);
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(removed_, DestinationDiscovery::Hosts{unused});
  EXPECT_NE(table_.Get(HostAddress(3)), unused);
  EXPECT_EQ(table_.Get(HostAddress(2)), busy);
}

TEST_F(DestinationDiscoveryTest, ManyHostsComeInBatches) {
  for (int i = 0; i < 1024; ++i) table_.Get(HostAddress(i));
  loop_.RunReady();
  EXPECT_EQ(added_.size(), 1024U);
  for (int i = 0; i < 3; ++i) {
    table_.Get(HostAddress(2000 + i));
    Advance(1);
  }
  EXPECT_EQ(changes_, 1) << "they wait";
  Advance(1);
  EXPECT_EQ(changes_, 2);
  EXPECT_EQ(added_.size(), 3U);
}

TEST_F(DestinationDiscoveryTest, HostsComeAndGoAndComeAgain) {
  EXPECT_TRUE(discovery_->Prepare().ok());
  discovery_->Start();
  table_.Get(HostAddress(1));
  loop_.RunReady();
  for (int i = 0; i < 3; ++i) Advance(100);
  EXPECT_EQ(changes_, 2);
  table_.Get(HostAddress(1));
  loop_.RunReady();
  EXPECT_EQ(changes_, 3);
  EXPECT_EQ(added_.size(), 1U);
}

TEST_F(DestinationDiscoveryTest, WordThatComesTooLateIsForNobody) {
  table_.Get(HostAddress(1));
  discovery_.reset();
  loop_.RunReady();
  EXPECT_EQ(changes_, 0);
  EXPECT_NE(table_.Get(HostAddress(2)), nullptr);
}

}  // namespace
}  // namespace weir::clusters
