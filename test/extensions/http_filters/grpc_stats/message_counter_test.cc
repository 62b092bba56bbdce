#include "source/extensions/http_filters/grpc_stats/message_counter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace weir::extensions::grpc_stats {
namespace {

std::string Message(size_t size, char flag = 0) {
  const auto byte = [size](int shift) { return static_cast<char>(size >> shift); };
  return std::string{flag, byte(24), byte(16), byte(8), byte(0)} + std::string(size, '\xff');
}

std::string Prefix(uint32_t size) { return Message(size).substr(0, 5); }

// By itself, and with a body before it that ended inside a message's prefix.
TEST(MessageCounterTest, CountsAcrossACutAnywhere) {
  const std::string bytes = Message(3) + Message(0) + Message(300, 1) + Message(0) + Message(1);
  for (size_t first = 0; first <= bytes.size(); ++first) {
    for (size_t second = first; second <= std::min(bytes.size(), first + 8); ++second) {
      MessageCounter counter;
      EXPECT_EQ(counter.Add(bytes.substr(0, first)) +
                    counter.Add(bytes.substr(first, second - first)) +
                    counter.Add(bytes.substr(second)),
                5u)
          << first << " " << second;
    }
  }
}

TEST(MessageCounterTest, AMessageCountsOnceItsLengthIsKnown) {
  MessageCounter counter;
  EXPECT_EQ(counter.Add(Prefix(9).substr(0, 4)), 0u);
  EXPECT_EQ(counter.Add(Prefix(9).substr(4)), 1u);
  EXPECT_EQ(counter.Add("12345678"), 0u);
  EXPECT_EQ(counter.Add("9" + Prefix(0)), 1u);
}

TEST(MessageCounterTest, TheLargestLengthIsOneMessage) {
  MessageCounter counter;
  EXPECT_EQ(counter.Add(std::string("\0\xff\xff\xff\xff", 5)), 1u);
  const std::string megabyte(1 << 20, '\0');
  for (int i = 0; i < 4095; ++i) ASSERT_EQ(counter.Add(megabyte), 0u);
  EXPECT_EQ(counter.Add(megabyte.substr(1) + Message(0)), 1u);
}

TEST(MessageCounterTest, LeavesABodyOfManyBlocksAsItIs) {
  std::string bytes;
  for (int i = 0; i < 40; ++i) bytes += Message(9000) + Message(i);
  base::Buffer body;
  for (size_t at = 0; at < bytes.size(); at += 777) {
    base::Buffer piece;
    piece.Append(std::string_view(bytes).substr(at, 777));
    body.Move(piece);
  }
  iovec runs[64];
  ASSERT_GT(body.Gather(runs, 64), 20);
  MessageCounter counter;
  EXPECT_EQ(counter.Add(body), 80u);
  EXPECT_EQ(body.ToString(), bytes);
  EXPECT_EQ(body.size(), bytes.size());
}

TEST(MessageCounterTest, WhateverThePieces) {
  EXPECT_TRUE(rc::check("as many as there are", [] {
    const auto sizes = *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, 40));
    const auto piece = *rc::gen::inRange<size_t>(1, 50);
    std::string bytes;
    for (const size_t size : sizes) bytes += Message(size);
    MessageCounter counter;
    uint64_t count = 0;
    for (size_t at = 0; at < bytes.size(); at += piece)
      count += counter.Add(bytes.substr(at, piece));
    RC_ASSERT(count == sizes.size());
  }));
}

}  // namespace
}  // namespace weir::extensions::grpc_stats
