#include "source/base/free_list.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "test/support/allocation_counter.h"

namespace weir::base {
namespace {

using Blocks = ThreadFreeList<struct TestTag, 64, 3>;

TEST(FreeListTest, ReusesWhatWasGivenBack) {
  void* block = Blocks::Take();
  Blocks::Give(block);
  test::AllocationCounter counter;
  EXPECT_EQ(Blocks::Take(), block);
  EXPECT_EQ(counter.count(), 0);
  Blocks::Give(block);
}

TEST(FreeListTest, KeepsNoMoreThanItsCap) {
  std::vector<void*> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(Blocks::Take());
  for (void* block : blocks) Blocks::Give(block);
  EXPECT_EQ(Blocks::kept(), 3u);
}

TEST(FreeListTest, ThreadsKeepTheirOwn) {
  void* block = Blocks::Take();
  Blocks::Give(block);
  const size_t kept = Blocks::kept();
  std::thread([] {
    EXPECT_EQ(Blocks::kept(), 0u);
    Blocks::Give(Blocks::Take());  // freed when this thread ends, or the leak checker objects
    EXPECT_EQ(Blocks::kept(), 1u);
  }).join();
  EXPECT_EQ(Blocks::kept(), kept);
}

TEST(FreeListTest, GivesBackOnAnotherThread) {
  void* block = Blocks::Take();
  std::thread([block] {
    Blocks::Give(block);
    EXPECT_EQ(Blocks::Take(), block);
    Blocks::Give(block);
  }).join();
}

struct GivesLate {
  ~GivesLate() { Blocks::Give(block); }
  void* block = nullptr;
};

// An object made before the list's own clean-up was registered is destroyed after it ran.
TEST(FreeListTest, WorksWhileTheThreadEnds) {
  std::thread([] {
    thread_local GivesLate late;
    late.block = Blocks::Take();
    Blocks::Give(Blocks::Take());
  }).join();
}

}  // namespace
}  // namespace weir::base
