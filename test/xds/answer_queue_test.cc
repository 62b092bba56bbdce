#include "source/xds/answer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "source/base/random.h"

namespace weir::xds {
namespace {

constexpr int64_t kNowMs = 1'000'000;

class AnswerQueueTest : public ::testing::Test {
 protected:
  void Accept(const std::string& nonce) { queue_.Add({nonce, "v", ""}, kNowMs); }
  void Refuse(const std::string& nonce, int64_t now_ms = kNowMs) {
    queue_.Add({nonce, "v", "x: y"}, now_ms);
  }
  // The nonce of the next answer; "" when there is none.
  std::string Next(int64_t now_ms = kNowMs, bool with_held = false) {
    const auto answer = queue_.Take(now_ms, with_held);
    return answer.has_value() ? answer->nonce : "";
  }

  base::Random random_{1};
  AnswerQueue queue_{random_};
};

TEST_F(AnswerQueueTest, AnswersInOrder) {
  EXPECT_FALSE(queue_.IsDue(kNowMs));
  Accept("1");
  Accept("2");
  Refuse("3");
  EXPECT_TRUE(queue_.IsDue(kNowMs));
  EXPECT_EQ(Next(), "1");
  EXPECT_EQ(Next(), "2");
  const auto third = queue_.Take(kNowMs, false);
  EXPECT_EQ(third->nonce, "3");
  EXPECT_EQ(third->version, "v");
  EXPECT_EQ(third->error, "x: y");
  EXPECT_EQ(Next(), "");
}

TEST_F(AnswerQueueTest, TheSecondRefusalInARowIsHeldBackAndOnlyTheLatestAnswered) {
  Refuse("1");
  Refuse("2");
  Refuse("3");
  EXPECT_EQ(Next(), "1");
  EXPECT_EQ(Next(), "");
  ASSERT_TRUE(queue_.HeldUntilMs().has_value());
  const int64_t due_ms = *queue_.HeldUntilMs();
  EXPECT_GE(due_ms, kNowMs + 250);
  EXPECT_FALSE(queue_.IsDue(due_ms - 1));
  EXPECT_TRUE(queue_.IsDue(due_ms));
  EXPECT_EQ(Next(due_ms), "3");
  EXPECT_FALSE(queue_.HeldUntilMs().has_value());
}

// A server may be unable to send what it mended before it is answered.
TEST_F(AnswerQueueTest, HoldsLongerAndLongerButNeverLong) {
  Refuse("0");
  Next();
  int64_t now_ms = kNowMs, longest_ms = 0;
  for (int i = 0; i < 20; ++i) {
    Refuse("more", now_ms);
    const int64_t hold_ms = *queue_.HeldUntilMs() - now_ms;
    EXPECT_LE(hold_ms, AnswerQueue::kLongestHoldMs);
    longest_ms = std::max(longest_ms, hold_ms);
    now_ms += hold_ms;
    EXPECT_EQ(Next(now_ms), "more");
  }
  EXPECT_GE(longest_ms, AnswerQueue::kLongestHoldMs / 2);
}

TEST_F(AnswerQueueTest, AHeldOneMayBeTakenEarly) {
  Refuse("1");
  Refuse("2");
  Next();
  EXPECT_EQ(Next(kNowMs, true), "2");
}

TEST_F(AnswerQueueTest, PeaceIsRestoredByAnAcceptanceOrANewStream) {
  for (const bool by_stream : {false, true}) {
    Refuse("1");
    Refuse("2");
    if (by_stream) {
      queue_.Clear();
      EXPECT_EQ(Next(), "");
    } else {
      Accept("3");
      EXPECT_EQ(Next(), "1");
      EXPECT_EQ(Next(), "3");
    }
    EXPECT_FALSE(queue_.HeldUntilMs().has_value());
    Refuse("4");
    EXPECT_EQ(Next(), "4");
    queue_.Clear();
  }
}

}  // namespace
}  // namespace weir::xds
