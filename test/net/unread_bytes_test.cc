#include "source/net/unread_bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "test/support/allocation_counter.h"

namespace weir::net {
namespace {

TEST(UnreadBytesTest, HoldsNothingAtFirst) {
  UnreadBytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.view(), "");
  bytes.Append("");
  EXPECT_TRUE(bytes.empty());
}

TEST(UnreadBytesTest, ShowsPiecesAsOne) {
  UnreadBytes bytes;
  bytes.Append("ab");
  bytes.Append("cd");
  EXPECT_EQ(bytes.view(), "abcd");
  bytes.Consume(3);
  EXPECT_EQ(bytes.view(), "d");
  bytes.Append("ef");
  EXPECT_EQ(bytes.view(), "def");
  bytes.Clear();
  EXPECT_TRUE(bytes.empty());
}

TEST(UnreadBytesTest, OwnsNoMemoryWhenAllIsConsumed) {
  UnreadBytes bytes;
  bytes.Append(std::string(10'000, 'x'));
  EXPECT_NE(bytes.view().data(), nullptr);
  bytes.Consume(10'000);
  EXPECT_EQ(bytes.view().data(), nullptr);
}

TEST(UnreadBytesTest, SmallPiecesCostFewAllocations) {
  UnreadBytes bytes;
  const test::AllocationCounter allocations;
  for (int i = 0; i < 100'000; ++i) bytes.Append("x");
  EXPECT_LE(allocations.count(), 20);
  EXPECT_EQ(bytes.view().size(), 100'000u);
}

TEST(UnreadBytesTest, AQueueOfConstantLengthStopsAllocating) {
  UnreadBytes bytes;
  bytes.Append(std::string(100, 'x'));
  for (int i = 0; i < 1000; ++i) bytes.Append("0123456789"), bytes.Consume(10);
  const test::AllocationCounter allocations;
  for (int i = 0; i < 1000; ++i) bytes.Append("0123456789"), bytes.Consume(10);
  EXPECT_EQ(allocations.count(), 0);
}

TEST(UnreadBytesTest, BehavesLikeAString) {
  EXPECT_TRUE(
      rc::check("append and consume", [](std::vector<std::pair<std::string, uint8_t>> steps) {
        UnreadBytes bytes;
        std::string model;
        for (const auto& [piece, percent] : steps) {
          bytes.Append(piece);
          model += piece;
          const size_t consumed = model.size() * (percent % 101) / 100;
          bytes.Consume(consumed);
          model.erase(0, consumed);
          RC_ASSERT(bytes.view() == model);
        }
      }));
}

}  // namespace
}  // namespace weir::net
