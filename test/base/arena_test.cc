#include "source/base/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "test/support/allocation_counter.h"

namespace weir::base {
namespace {

struct Point {
  int x;
  double y;
};

TEST(ArenaTest, NothingUntilUsed) {
  Arena arena;
  EXPECT_EQ(arena.reserved_bytes(), 0u);
  EXPECT_EQ(arena.Copy(""), "");
  EXPECT_EQ(arena.Join("", ""), "");
  EXPECT_EQ(arena.reserved_bytes(), 0u);
}

TEST(ArenaTest, CopiesJoinsAndConstructs) {
  Arena arena;
  std::string text = "content-length";
  const std::string_view copy = arena.Copy(text);
  text.assign("overwritten!!!");
  EXPECT_EQ(copy, "content-length");
  EXPECT_EQ(arena.Join("a=", "b"), "a=b");
  Point* point = arena.New<Point>(3, 4.5);
  EXPECT_EQ(point->x, 3);
  EXPECT_EQ(point->y, 4.5);
  EXPECT_EQ(arena.reserved_bytes(), Arena::kFirstChunkBytes);
}

TEST(ArenaTest, AlignsWhateverCameBefore) {
  Arena arena;
  for (int i = 0; i < 2000; ++i) {
    arena.AllocateBytes(i % 7);
    for (size_t align : {2, 4, 8, 16}) {
      void* memory = arena.Allocate(i % 30, align);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % align, 0u);
    }
  }
}

TEST(ArenaTest, AllocationsDoNotOverlap) {
  Arena arena;
  std::vector<std::string_view> copies;
  for (int i = 0; i < 3000; ++i)
    copies.push_back(arena.Copy(std::string(i % 97 + 1, 'a' + i % 26)));
  for (int i = 0; i < 3000; ++i) EXPECT_EQ(copies[i], std::string(i % 97 + 1, 'a' + i % 26));
}

TEST(ArenaTest, OversizedRequestKeepsTheRoomOfTheCurrentChunk) {
  Arena arena;
  const char* before = arena.AllocateBytes(8);
  char* big = arena.AllocateBytes(200'000);
  std::memset(big, 1, 200'000);
  EXPECT_EQ(arena.AllocateBytes(8), before + 8);
  EXPECT_GE(arena.reserved_bytes(), 200'000 + Arena::kFirstChunkBytes);
}

TEST(ArenaTest, ExactFitAndOneMore) {
  Arena arena;
  arena.AllocateBytes(1);
  while (arena.reserved_bytes() == Arena::kFirstChunkBytes) {
    std::memset(arena.AllocateBytes(1), 7, 1);
  }
  EXPECT_EQ(arena.reserved_bytes(), 3 * Arena::kFirstChunkBytes);
}

TEST(ArenaTest, ResetGivesEverythingBack) {
  Arena arena;
  arena.AllocateBytes(100'000);
  arena.Reset();
  EXPECT_EQ(arena.reserved_bytes(), 0u);
  EXPECT_EQ(arena.Copy("again"), "again");
}

TEST(ArenaTest, SecondUseAllocatesNothing) {
  auto use = [] {
    Arena arena;
    for (int i = 0; i < 50; ++i) arena.Copy("x-request-id: 0123456789");
  };
  use();
  test::AllocationCounter counter;
  use();
  use();
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace weir::base
