#include "source/base/buffer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test/support/allocation_counter.h"

namespace weir::base {
namespace {

std::string Pattern(size_t size, char first = 'a') {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(first + i % 23);
  return text;
}

std::string Gathered(const Buffer& buffer) {
  iovec vectors[64];
  const int count = buffer.Gather(vectors, 64);
  std::string text;
  for (int i = 0; i < count; ++i) {
    EXPECT_GT(vectors[i].iov_len, 0u);
    text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
  }
  return text;
}

TEST(BufferTest, StaysSmall) { EXPECT_LE(sizeof(Buffer), 24u); }

TEST(BufferTest, EmptyOwnsNoMemory) {
  Buffer buffer;
  EXPECT_EQ(buffer.reserved_bytes(), 0u);
  buffer.Append("hello");
  EXPECT_LE(buffer.reserved_bytes(), 2048u);
  buffer.Drain(2);
  EXPECT_EQ(buffer.ToString(), "llo");
  buffer.Drain(3);
  EXPECT_EQ(buffer.reserved_bytes(), 0u);
  EXPECT_TRUE(buffer.Front().empty());
}

TEST(BufferTest, AppendsAcrossBlocks) {
  Buffer buffer;
  const std::string text = Pattern(100'000);
  buffer.Append(text);
  EXPECT_EQ(buffer.size(), text.size());
  EXPECT_EQ(buffer.ToString(), text);
  EXPECT_EQ(Gathered(buffer), text);
  EXPECT_LE(buffer.reserved_bytes(), text.size() + 2 * (Buffer::kBlockBytes + 64));
}

TEST(BufferTest, GathersNoMoreThanAsked) {
  Buffer buffer;
  buffer.Append(Pattern(5 * Buffer::kBlockBytes));
  iovec vectors[2];
  EXPECT_EQ(buffer.Gather(vectors, 2), 2);
  EXPECT_EQ(vectors[0].iov_base, buffer.Front().data());
  EXPECT_EQ(vectors[0].iov_len, buffer.Front().size());
}

TEST(BufferTest, ReservesContiguousRoomAndCommitsAPart) {
  Buffer buffer;
  buffer.Append(Pattern(2000));
  char* room = buffer.Reserve(Buffer::kBlockBytes);
  std::fill_n(room, Buffer::kBlockBytes, 'x');
  buffer.Commit(3);
  EXPECT_EQ(buffer.ToString(), Pattern(2000) + "xxx");
}

TEST(BufferTest, UnusedReservationIsGivenBack) {
  Buffer buffer;
  buffer.Reserve(100);
  buffer.Commit(0);
  EXPECT_EQ(buffer.reserved_bytes(), 0u);
  buffer.Reserve(10);
  buffer.Reserve(10'000);
  buffer.Commit(0);
  EXPECT_EQ(buffer.reserved_bytes(), 0u);
}

TEST(BufferTest, ReservationNeverWrittenDoesNotHideWhatFollows) {
  Buffer from;
  from.Append(Pattern(Buffer::kBlockBytes));
  from.Reserve(Buffer::kBlockBytes);
  from.Commit(0);
  from.Append("tail");
  Buffer to;
  to.Reserve(8);
  to.Move(from, Buffer::kBlockBytes);
  to.Move(from);
  EXPECT_EQ(to.ToString(), Pattern(Buffer::kBlockBytes) + "tail");
  EXPECT_EQ(Gathered(to), to.ToString());
  EXPECT_EQ(from.reserved_bytes(), 0u);
}

TEST(BufferTest, MovesFullBlocksWithoutCopying) {
  Buffer from;
  from.Append(Pattern(3 * Buffer::kBlockBytes));
  const char* second_block = nullptr;
  iovec vectors[3];
  ASSERT_EQ(from.Gather(vectors, 3), 3);
  second_block = static_cast<const char*>(vectors[1].iov_base);
  Buffer to;
  to.Append("head");
  to.Move(from);
  EXPECT_EQ(to.ToString(), "head" + Pattern(3 * Buffer::kBlockBytes));
  iovec moved[8];
  const int count = to.Gather(moved, 8);
  EXPECT_TRUE(std::any_of(moved, moved + count,
                          [&](const iovec& v) { return v.iov_base == second_block; }));
}

TEST(BufferTest, CopiesSmallRemaindersIntoTheTail) {
  Buffer to;
  to.Append("head");
  const size_t before = to.reserved_bytes();
  for (int i = 0; i < 3; ++i) {
    Buffer from;
    from.Append(Pattern(400));
    to.Move(from);
  }
  EXPECT_EQ(to.reserved_bytes(), before);
  iovec vectors[4];
  EXPECT_EQ(to.Gather(vectors, 4), 1);
}

// A peer that sends one byte a frame must not cost a block a byte.
TEST(BufferTest, ManySmallMovesCostFewBlocks) {
  Buffer to;
  to.Append("x");
  for (int i = 0; i < 1000; ++i) {
    Buffer from;
    from.Append(Pattern(Buffer::kBlockBytes));
    from.Drain(Buffer::kBlockBytes - 600);
    to.Move(from);
  }
  EXPECT_EQ(to.size(), 600'001u);
  EXPECT_LE(to.reserved_bytes(), 2 * to.size());
}

TEST(BufferTest, MoveConstructionAndAssignmentEmptyTheSource) {
  Buffer a;
  a.Append("abc");
  Buffer b(std::move(a));
  EXPECT_EQ(b.ToString(), "abc");
  EXPECT_TRUE(a.empty());  // NOLINT: moved-from is specified as empty
  Buffer c;
  c.Append("gone");
  c = std::move(b);
  EXPECT_EQ(c.ToString(), "abc");
  EXPECT_EQ(b.reserved_bytes(), 0u);  // NOLINT
}

TEST(BufferTest, SteadyStateAllocatesNothing) {
  const std::string text = Pattern(50'000);
  auto relay = [&text] {
    Buffer a, b;
    a.Append("small");
    a.Append(text);
    b.Append("head");
    b.Move(a);
    b.Drain(b.size());
  };
  relay();
  test::AllocationCounter counter;
  for (int i = 0; i < 10; ++i) relay();
  EXPECT_EQ(counter.count(), 0);
}

// Two buffers and two strings get the same random operations and must stay equal.
class Mirror {
 public:
  void Step() {
    const int which = *rc::gen::inRange(0, 2);
    Buffer& buffer = buffers_[which];
    std::string& text = texts_[which];
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        const std::string more = Pattern(Size(), static_cast<char>('A' + steps_++ % 7));
        buffer.Append(more);
        text += more;
        break;
      }
      case 1: {
        const size_t reserved = std::min(Size(), Buffer::kBlockBytes);
        const size_t used = *rc::gen::inRange<size_t>(0, reserved + 1);
        char* room = buffer.Reserve(reserved);
        std::fill_n(room, reserved, '#');
        buffer.Commit(used);
        text.append(used, '#');
        break;
      }
      case 2: {
        const size_t count = std::min(Size(), buffer.size());
        buffer.Drain(count);
        text.erase(0, count);
        break;
      }
      case 3:
        buffer.Move(buffers_[1 - which]);
        text += texts_[1 - which];
        texts_[1 - which].clear();
        break;
      case 4: {
        const size_t count = std::min(Size(), texts_[1 - which].size());
        buffer.Move(buffers_[1 - which], count);
        text += texts_[1 - which].substr(0, count);
        texts_[1 - which].erase(0, count);
        break;
      }
      case 5:
        if (*rc::gen::inRange(0, 8) == 0) {
          buffer.Clear();
          text.clear();
        }
        break;
    }
  }

  void Compare() const {
    for (int i = 0; i < 2; ++i) {
      RC_ASSERT(buffers_[i].size() == texts_[i].size());
      RC_ASSERT(buffers_[i].ToString() == texts_[i]);
      RC_ASSERT(buffers_[i].Front().empty() == texts_[i].empty());
      RC_ASSERT(texts_[i].starts_with(buffers_[i].Front()));
      RC_ASSERT(!texts_[i].empty() || buffers_[i].reserved_bytes() == 0u);
      std::vector<char> some(texts_[i].size() / 2);
      RC_ASSERT(buffers_[i].CopyOut(some.data(), some.size()) == some.size());
      RC_ASSERT(texts_[i].starts_with(std::string_view(some.data(), some.size())));
    }
  }

 private:
  static size_t Size() {
    return *rc::gen::oneOf(rc::gen::inRange<size_t>(0, 40), rc::gen::inRange<size_t>(0, 1000),
                           rc::gen::inRange<size_t>(0, 40'000));
  }

  Buffer buffers_[2];
  std::string texts_[2];
  int steps_ = 0;
};

TEST(BufferTest, BehavesLikeAString) {
  EXPECT_TRUE(rc::check("a buffer holds the bytes a string would", [] {
    Mirror mirror;
    const int steps = *rc::gen::inRange(1, 40);
    for (int i = 0; i < steps; ++i) {
      mirror.Step();
      mirror.Compare();
    }
  }));
}

}  // namespace
}  // namespace weir::base
