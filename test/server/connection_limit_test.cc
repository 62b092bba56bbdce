#include "source/server/connection_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>
#include <vector>

namespace weir::server {
namespace {

TEST(ConnectionLimitTest, GivesOutNoMoreThanItHas) {
  ConnectionLimit limit(2);
  EXPECT_TRUE(limit.TryTake());
  EXPECT_TRUE(limit.TryTake());
  EXPECT_FALSE(limit.TryTake());
  EXPECT_EQ(limit.taken(), 2u);
  limit.GiveBack();
  EXPECT_TRUE(limit.TryTake());
}

TEST(ConnectionLimitTest, IsExactAcrossThreads) {
  ConnectionLimit limit(1000);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) taken += limit.TryTake();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
}

TEST(ConnectionLimitTest, TheProcessesIsHalfOfItsDescriptors) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(ConnectionLimit::OfProcess(), before.rlim_max / 2);
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
}

}  // namespace
}  // namespace weir::server
