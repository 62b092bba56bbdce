#include "source/event/timer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "source/base/thread.h"
#include "source/event/timer_queue.h"
#include "test/support/allocation_counter.h"
#include "test/support/manual_clock.h"

namespace weir::event {
namespace {

class TimerTest : public ::testing::Test {
 protected:
  void Pass(int64_t duration_ms) {
    clock_.AdvanceMs(duration_ms);
    loop_.RunReady();
  }

  test::ManualClock clock_;
  Loop loop_{"test", base::kMainThread, clock_};
  std::vector<int> fired_;
};

TEST_F(TimerTest, FiresOnceWhenDue) {
  int count = 0;
  Timer timer(loop_, [&] { ++count; });
  EXPECT_FALSE(timer.is_armed());
  timer.Arm(10);
  EXPECT_TRUE(timer.is_armed());
  Pass(9);
  EXPECT_EQ(count, 0);
  Pass(1);
  EXPECT_EQ(count, 1);
  EXPECT_FALSE(timer.is_armed());
  Pass(100);
  EXPECT_EQ(count, 1);
}

TEST_F(TimerTest, NeverFiresEarly) {
  clock_.Advance(absl::Nanoseconds(999'999));
  int count = 0;
  Timer timer(loop_, [&] { ++count; });
  timer.Arm(1);
  clock_.Advance(absl::Nanoseconds(999'999));
  loop_.RunReady();
  EXPECT_EQ(count, 0);
  clock_.Advance(absl::Nanoseconds(2));
  loop_.RunReady();
  EXPECT_EQ(count, 1);
}

// Whoever has more to do than is fair in one turn goes on in the next, whatever time it is.
TEST_F(TimerTest, NoDurationMeansTheNextTurn) {
  clock_.Advance(absl::Nanoseconds(999'000));
  int count = 0;
  Timer timer(loop_, [&] {
    ++count;
    timer.Arm(0);
  });
  timer.Arm(0);
  for (int turn = 1; turn <= 3; ++turn) {
    loop_.RunReady();
    EXPECT_EQ(count, turn);
  }
}

TEST_F(TimerTest, DurationsRoundUp) {
  int count = 0;
  Timer timer(loop_, [&] { ++count; });
  timer.Arm(absl::Microseconds(1500));
  Pass(1);
  EXPECT_EQ(count, 0);
  Pass(1);
  EXPECT_EQ(count, 1);
}

TEST_F(TimerTest, ExtremeDurations) {
  int count = 0;
  Timer never(loop_, [&] { ADD_FAILURE() << "fired"; });
  never.Arm(absl::InfiniteDuration());
  Timer past(loop_, [&] { ++count; });
  past.Arm(-absl::InfiniteDuration());
  Pass(0);
  EXPECT_EQ(count, 1);
  Pass(int64_t{1000} * 3600 * 24 * 365);
  EXPECT_TRUE(never.is_armed());
}

TEST_F(TimerTest, CancelAndArmAgain) {
  int count = 0;
  Timer timer(loop_, [&] { ++count; });
  timer.Arm(10);
  timer.Cancel();
  timer.Cancel();
  EXPECT_FALSE(timer.is_armed());
  Pass(20);
  EXPECT_EQ(count, 0);
  timer.Arm(10);
  Pass(5);
  timer.Arm(10);
  Pass(5);
  EXPECT_EQ(count, 0);
  Pass(5);
  EXPECT_EQ(count, 1);
}

TEST_F(TimerTest, FiresInOrderOfDeadline) {
  Timer c(loop_, [&] { fired_.push_back(3); });
  Timer a(loop_, [&] { fired_.push_back(1); });
  Timer b(loop_, [&] { fired_.push_back(2); });
  Timer d(loop_, [&] { fired_.push_back(4); });
  c.Arm(30);
  a.Arm(10);
  b.Arm(20);
  Pass(1);
  d.Arm(30);
  Pass(100);
  EXPECT_EQ(fired_, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(TimerTest, CallbackMayCancelArmAndDestroyOthersThatAreDue) {
  Timer later(loop_, [&] { fired_.push_back(3); });
  auto destroyed = std::make_unique<Timer>(loop_, [&] { fired_.push_back(99); });
  Timer cancelled(loop_, [&] { fired_.push_back(98); });
  const auto meddle = [&] {
    fired_.push_back(1);
    destroyed.reset();
    cancelled.Cancel();
    EXPECT_TRUE(later.is_armed());
    later.Arm(5);
  };
  Timer first(loop_, [&meddle] { meddle(); });
  first.Arm(1);
  destroyed->Arm(1);
  cancelled.Arm(2);
  later.Arm(2);
  Pass(3);
  EXPECT_EQ(fired_, (std::vector<int>{1}));
  Pass(5);
  EXPECT_EQ(fired_, (std::vector<int>{1, 3}));
}

TEST_F(TimerTest, MayEndInItsOwnCallback) {
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] { timer.reset(); });
  timer->Arm(1);
  Pass(1);
  EXPECT_EQ(timer, nullptr);
}

TEST_F(TimerTest, ZeroDurationWaitsForTheNextTurn) {
  int count = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    ++count;
    timer->Arm(0);
  });
  timer->Arm(0);
  Pass(0);
  EXPECT_EQ(count, 1);
  Pass(0);
  EXPECT_EQ(count, 2);
}

TEST_F(TimerTest, CountsFromNowBetweenTurns) {
  int count = 0;
  Timer timer(loop_, [&] { ++count; });
  clock_.AdvanceMs(50);  // start-up takes its time; the loop has not turned yet
  timer.Arm(10);
  loop_.RunReady();
  EXPECT_EQ(count, 0);
  Pass(10);
  EXPECT_EQ(count, 1);
}

// More durations than lists: the overflow set keeps the same promises.
TEST_F(TimerTest, ManyDurations) {
  std::vector<std::unique_ptr<Timer>> timers;
  const int count = 3 * static_cast<int>(TimerQueue::kMaxLists);
  for (int i = 0; i < count; ++i) {
    timers.push_back(std::make_unique<Timer>(loop_, [this, i] { fired_.push_back(i); }));
    timers.back()->Arm(i + 1);
  }
  timers[count - 1]->Cancel();
  EXPECT_FALSE(timers[count - 1]->is_armed());
  EXPECT_TRUE(timers[count - 2]->is_armed());
  timers[count - 3].reset();
  Pass(count + 1);
  std::vector<int> expected;
  for (int i = 0; i < count; ++i) {
    if (i != count - 1 && i != count - 3) expected.push_back(i);
  }
  EXPECT_EQ(fired_, expected);
}

TEST_F(TimerTest, PushingBackAnIdleTimeoutAllocatesNothing) {
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 1000; ++i) timers.push_back(std::make_unique<Timer>(loop_, [] {}));
  for (auto& timer : timers) timer->Arm(60'000);
  test::AllocationCounter counter;
  for (int round = 0; round < 100; ++round) {
    clock_.AdvanceMs(5'000);
    for (auto& timer : timers) timer->Arm(60'000);
    loop_.RunReady();
  }
  EXPECT_EQ(counter.count(), 0);
  for (auto& timer : timers) EXPECT_TRUE(timer->is_armed());
}

// Against the plainest possible model: a list of deadlines.
class TimerModel {
 public:
  explicit TimerModel(int count) : deadlines_(count, kIdle) {
    for (int i = 0; i < count; ++i) {
      timers_.push_back(std::make_unique<Timer>(loop_, [this, i] { fired_.push_back(i); }));
    }
  }

  void Step(int max_duration_ms) {
    const int i = *rc::gen::inRange<int>(0, static_cast<int>(timers_.size()));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
      case 1: {
        const int duration_ms = *rc::gen::inRange(0, max_duration_ms);
        timers_[i]->Arm(duration_ms);
        deadlines_[i] = now_ms_ + duration_ms;
        break;
      }
      case 2:
        timers_[i]->Cancel();
        deadlines_[i] = kIdle;
        break;
      case 3:
        Pass(*rc::gen::inRange(0, max_duration_ms));
        break;
    }
    RC_ASSERT(timers_[i]->is_armed() == (deadlines_[i] != kIdle));
  }

 private:
  static constexpr int64_t kIdle = -1;

  void Pass(int64_t duration_ms) {
    clock_.AdvanceMs(duration_ms);
    now_ms_ += duration_ms;
    loop_.RunReady();
    std::vector<int64_t> order;
    for (int i : fired_) {
      RC_ASSERT(deadlines_[i] != kIdle && deadlines_[i] <= now_ms_);
      order.push_back(std::exchange(deadlines_[i], kIdle));
    }
    fired_.clear();
    RC_ASSERT(std::is_sorted(order.begin(), order.end()));
    for (int64_t deadline : deadlines_) RC_ASSERT(deadline == kIdle || deadline > now_ms_);
  }

  test::ManualClock clock_;
  Loop loop_{"test", base::kMainThread, clock_};
  int64_t now_ms_ = 0;
  std::vector<int64_t> deadlines_;
  std::vector<int> fired_;
  std::vector<std::unique_ptr<Timer>> timers_;
};

TEST(TimerPropertyTest, FiresWhatTheModelFires) {
  EXPECT_TRUE(rc::check("timers fire when and only when their deadlines pass, in order", [] {
    TimerModel model(100);
    const int max_duration_ms = *rc::gen::element(5, 50, 1000);
    const int steps = *rc::gen::inRange(1, 400);
    for (int i = 0; i < steps; ++i) model.Step(max_duration_ms);
  }));
}

}  // namespace
}  // namespace weir::event
