#include "source/base/thread.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir::base {
namespace {

TEST(ThreadTest, ThreadsHaveNoIndexUntilGivenOne) {
  EXPECT_EQ(ThreadIndex(), kNoThread);
  SetThreadIndex(3);
  EXPECT_EQ(ThreadIndex(), 3);
  std::thread([] {
    EXPECT_EQ(ThreadIndex(), kNoThread);
    SetThreadIndex(kMaxThreads - 1);
    EXPECT_EQ(ThreadIndex(), kMaxThreads - 1);
  }).join();
  EXPECT_EQ(ThreadIndex(), 3);
  SetThreadIndex(kNoThread);
}

TEST(ThreadDeathTest, IndexIsBounded) { EXPECT_DEATH(SetThreadIndex(kMaxThreads), "check failed"); }

}  // namespace
}  // namespace weir::base
