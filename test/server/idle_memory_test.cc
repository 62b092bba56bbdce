#include "source/server/idle_memory.h"

#include <gtest/gtest.h>

namespace weir::server {
namespace {

constexpr size_t kMuch = IdleMemory::kLeastBytes;

TEST(IdleMemoryTest, TrimsOnceForWhatBecameFree) {
  int count = 0;
  IdleMemory memory([&] { ++count; });
  memory.Look(kMuch - 1);
  EXPECT_EQ(count, 0);
  memory.Look(kMuch);
  EXPECT_EQ(count, 1);
  // Free still, but without pages: nothing to gain.
  memory.Look(kMuch);
  memory.Look(2 * kMuch - 1);
  EXPECT_EQ(count, 1);
  memory.Look(2 * kMuch);
  EXPECT_EQ(count, 2);
}

TEST(IdleMemoryTest, TrimsAgainWhatWasUsedInBetween) {
  int count = 0;
  IdleMemory memory([&] { ++count; });
  memory.Look(3 * kMuch);
  memory.Look(kMuch);
  EXPECT_EQ(count, 1);
  memory.Look(3 * kMuch);
  EXPECT_EQ(count, 2);
}

TEST(IdleMemoryTest, TheHeapCanBeTrimmed) { IdleMemory().Look(kMuch); }

}  // namespace
}  // namespace weir::server
