#include "source/balancing/destination_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "source/base/thread.h"
#include "test/balancing/host_fixture.h"

namespace weir::balancing {
namespace {

class DestinationTableTest : public testing::Test {
 protected:
  DestinationTableTest() {
    table_.SetStats(store_.AddGroup<DestinationStats>("cluster.web"));
    table_.SetWhenNew([this] { ++told_; });
  }
  // What main does at the end of an interval.
  bool RestOrRetire(DestinationHost& host) { return host.Rest() || !host.TryRetire(); }

  stats::Store store_;
  DestinationTable table_{3};
  std::atomic<int> told_{0};
};

TEST_F(DestinationTableTest, OneHostForEachAddress) {
  const DestinationHostPtr one = table_.Get(HostAddress(1));
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->address(), HostAddress(1));
  EXPECT_EQ(one->hostname(), "");
  EXPECT_TRUE(one->is_usable());
  EXPECT_EQ(table_.Get(HostAddress(1)), one);
  EXPECT_NE(table_.Get(HostAddress(2)), one);
}

TEST_F(DestinationTableTest, MainHearsOnceOfAllThatCame) {
  const DestinationHostPtr one = table_.Get(HostAddress(1)), two = table_.Get(HostAddress(2));
  table_.Get(HostAddress(1));
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(table_.TakeNew(), (std::vector<DestinationHostPtr>{one, two}));
  EXPECT_TRUE(table_.TakeNew().empty());
  table_.Get(HostAddress(3));
  EXPECT_EQ(told_, 2);
}

TEST_F(DestinationTableTest, ThereAreNeverMoreThanItMayHold) {
  for (int i = 1; i <= 3; ++i) EXPECT_NE(table_.Get(HostAddress(i)), nullptr);
  EXPECT_EQ(table_.Get(HostAddress(4)), nullptr);
  EXPECT_NE(table_.Get(HostAddress(3)), nullptr);
  EXPECT_EQ(table_.stats().original_dst_host_overflow.value(), 1U);
  const HostPtr gone = table_.Get(HostAddress(2));
  table_.Remove({gone});
  EXPECT_NE(table_.Get(HostAddress(4)), nullptr);
}

TEST_F(DestinationTableTest, AHostGoesAfterAnIntervalWithoutUse) {
  const DestinationHostPtr host = table_.Get(HostAddress(1));
  EXPECT_TRUE(host->Rest()) << "it was used";
  EXPECT_TRUE(host->Use());
  EXPECT_FALSE(host->TryRetire()) << "it was used since";
  EXPECT_TRUE(host->Rest());
  EXPECT_FALSE(host->Rest());
  EXPECT_TRUE(host->TryRetire());
  EXPECT_FALSE(host->Use()) << "for good";
  EXPECT_FALSE(host->Rest());
}

TEST_F(DestinationTableTest, WhatIsBusyStays) {
  const DestinationHostPtr host = table_.Get(HostAddress(1));
  host->Rest();
  host->active_requests = 1;
  EXPECT_FALSE(host->TryRetire());
  host->active_requests = 0;
  host->active_connections = 1;
  EXPECT_FALSE(host->TryRetire());
  host->active_connections = 0;
  EXPECT_TRUE(host->TryRetire());
}

TEST_F(DestinationTableTest, ARetiredHostHasAnHeir) {
  for (int i = 1; i <= 3; ++i) table_.Get(HostAddress(i));
  const DestinationHostPtr host = table_.Get(HostAddress(1));
  host->Rest();
  ASSERT_TRUE(host->TryRetire());
  // Main has not removed it yet, and all places are taken.
  const DestinationHostPtr heir = table_.Get(HostAddress(1));
  ASSERT_NE(heir, nullptr);
  EXPECT_NE(heir, host);
  table_.Remove({HostPtr(host)});
  EXPECT_EQ(table_.Get(HostAddress(1)), heir);
}

// Workers use hosts while main retires them. There are as many places as addresses: a worker finds
// none only if a host were lost, or one that is retired kept its place from its heir.
TEST_F(DestinationTableTest, WorkersAndMainAgree) {
  std::atomic<int> working{2}, broken{0};
  std::vector<std::thread> workers;
  for (int worker = 1; worker <= 2; ++worker) {
    workers.emplace_back([&, worker] {
      base::SetThreadIndex(worker);
      DestinationHostPtr host;
      for (int i = 0; i < 50'000; ++i) {
        if (i % 5 == 0) host = table_.Get(HostAddress(i % 3));
        if (host == nullptr || !host->Use()) host = table_.Get(HostAddress(i % 3));
        broken += host == nullptr;
      }
      --working;
    });
  }
  std::vector<DestinationHostPtr> hosts;
  const auto sweep = [&] {
    for (DestinationHostPtr& host : table_.TakeNew()) hosts.push_back(std::move(host));
    std::vector<HostPtr> gone;
    std::erase_if(hosts, [&](const DestinationHostPtr& host) {
      if (RestOrRetire(*host)) return false;
      gone.push_back(host);
      return true;
    });
    table_.Remove(gone);
  };
  while (working > 0) sweep();
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(broken, 0);
  EXPECT_LE(hosts.size(), 3U);
  for (int i = 0; i < 2; ++i) sweep();
  EXPECT_TRUE(hosts.empty());
  for (int i = 4; i <= 6; ++i) EXPECT_NE(table_.Get(HostAddress(i)), nullptr) << "no place is lost";
}

}  // namespace
}  // namespace weir::balancing
