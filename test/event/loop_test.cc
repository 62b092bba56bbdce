#include "source/event/loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "source/event/timer.h"
#include "test/support/allocation_counter.h"
#include "test/support/manual_clock.h"

namespace weir::event {
namespace {

class Hook final : public TurnEndHook {
 public:
  explicit Hook(std::function<void()> action) : action_(std::move(action)) {}
  void OnTurnEnd() override { action_(); }

 private:
  std::function<void()> action_;
};

class Doomed final : public Deletable {
 public:
  explicit Doomed(std::function<void()> on_end) : on_end_(std::move(on_end)) {}
  ~Doomed() override { on_end_(); }

 private:
  std::function<void()> on_end_;
};

class LoopTest : public ::testing::Test {
 protected:
  std::function<void()> Log(int step) {
    return [this, step] { steps_.push_back(step); };
  }

  test::ManualClock clock_;
  std::vector<int> steps_;  // before the loop: what the loop destroys may log
  Loop loop_{"test", base::kMainThread, clock_};
};

TEST_F(LoopTest, TellsHowLongATurnKeptItBusy) {
  std::vector<int64_t> heard;
  loop_.WatchTurns([&](int64_t busy_ns) { heard.push_back(busy_ns); });
  loop_.Post([this] { clock_.AdvanceMs(3); });
  Hook hook([this] { clock_.AdvanceMs(4); });
  loop_.AtTurnEnd(hook);
  loop_.RunReady();
  clock_.AdvanceMs(100);  // between turns
  loop_.RunReady();
  EXPECT_EQ(heard, (std::vector<int64_t>{7'000'000, 0}));
  loop_.WatchTurns(nullptr);
  loop_.RunReady();
  EXPECT_EQ(heard.size(), 2u);
}

TEST_F(LoopTest, RunsPostedWorkInOrderAndLaterTurnsLater) {
  loop_.Post([this] {
    steps_.push_back(1);
    loop_.Post(Log(3));
  });
  loop_.Post(Log(2));
  EXPECT_TRUE(steps_.empty());
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1, 2}));
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1, 2, 3}));
}

TEST_F(LoopTest, TurnHasItsOrder) {
  Hook hook(Log(3));
  Timer timer(loop_, [this] { steps_.push_back(2); });
  timer.Arm(5);
  loop_.DeleteLater(std::make_unique<Doomed>(Log(4)));
  loop_.AtTurnEnd(hook);
  loop_.Post(Log(1));
  clock_.AdvanceMs(5);
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(LoopTest, HookRunsOncePerTurn) {
  Hook hook(Log(1));
  loop_.Post([&] {
    loop_.AtTurnEnd(hook);
    loop_.AtTurnEnd(hook);
  });
  loop_.RunReady();
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1}));
}

TEST_F(LoopTest, WhatTheTurnsEndAddsBelongsToTheTurn) {
  Hook late(Log(4));
  Hook second(Log(2));
  Hook first([&] {
    steps_.push_back(1);
    loop_.AtTurnEnd(second);
  });
  loop_.AtTurnEnd(first);
  loop_.DeleteLater(std::make_unique<Doomed>([&] {
    steps_.push_back(3);
    loop_.AtTurnEnd(late);
    loop_.DeleteLater(std::make_unique<Doomed>(Log(5)));
  }));
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(LoopTest, DestroyedHookDoesNotRun) {
  auto hook = std::make_unique<Hook>(Log(1));
  loop_.AtTurnEnd(*hook);
  hook.reset();
  loop_.RunReady();
  EXPECT_TRUE(steps_.empty());
}

TEST_F(LoopTest, TimeStandsStillWithinATurn) {
  loop_.RunReady();
  const int64_t before_ns = loop_.now_ns();
  clock_.AdvanceMs(7);
  EXPECT_EQ(loop_.now_ns(), before_ns);
  loop_.Post([&] {
    EXPECT_EQ(loop_.now_ns(), before_ns + 7'000'000);
    EXPECT_EQ(loop_.now_ms(), (before_ns + 7'000'000) / 1'000'000);
    clock_.AdvanceMs(1);
    EXPECT_EQ(loop_.now_ns(), before_ns + 7'000'000);
  });
  loop_.RunReady();
}

TEST_F(LoopTest, WallTimeIsOfTheTurn) {
  loop_.Post([&] {
    const int64_t wall_us = clock_.WallUs();
    clock_.AdvanceMs(3);
    EXPECT_EQ(loop_.wall_us(), wall_us);
    clock_.SetWall(absl::FromUnixSeconds(5));
    EXPECT_EQ(loop_.wall_us(), wall_us);
  });
  loop_.RunReady();
  loop_.RunReady();
  EXPECT_EQ(loop_.wall_us(), 5'000'000);
}

TEST_F(LoopTest, RunStopsAfterWhatWasPosted) {
  loop_.Post([&] {
    steps_.push_back(1);
    loop_.Stop();
  });
  loop_.Post(Log(2));
  loop_.Run();
  EXPECT_EQ(steps_, (std::vector<int>{1, 2}));
}

TEST_F(LoopTest, StopBeforeRunRunsWhatWasPosted) {
  loop_.Post(Log(1));
  loop_.Stop();
  loop_.Run();
  EXPECT_EQ(steps_, (std::vector<int>{1}));
  // The stop is used up: the loop can run again.
  loop_.Post([&] { loop_.Stop(); });
  loop_.Run();
}

TEST_F(LoopTest, WorkPostedAfterStopIsKept) {
  loop_.Stop();
  loop_.Run();
  loop_.Post(Log(1));
  EXPECT_TRUE(steps_.empty());
  loop_.RunReady();
  EXPECT_EQ(steps_, (std::vector<int>{1}));
}

TEST_F(LoopTest, RunTakesThreadAndIndex) {
  EXPECT_TRUE(loop_.IsThisThread());
  Loop worker("worker", 3, base::Clock::System());
  worker.Post([&] {
    EXPECT_EQ(base::ThreadIndex(), 3);
    EXPECT_TRUE(worker.IsThisThread());
    worker.Stop();
  });
  std::thread([&] { worker.Run(); }).join();
  EXPECT_FALSE(worker.IsThisThread());
}

TEST_F(LoopTest, ScratchHas64KiB) { EXPECT_EQ(loop_.read_scratch().size(), 65536u); }

TEST_F(LoopTest, SteadyTurnsAllocateNothing) {
  Hook hook(Log(0));
  Timer timer(loop_, [] {});
  auto turn = [&] {
    for (int i = 0; i < 4; ++i) loop_.Post([&] { loop_.AtTurnEnd(hook); });
    timer.Arm(1);
    clock_.AdvanceMs(2);
    steps_.clear();
    loop_.RunReady();
  };
  for (int i = 0; i < 4; ++i) turn();
  test::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(counter.count(), 0);
}

TEST(LoopEndTest, UnrunWorkIsDestroyed) {
  auto witness = std::make_shared<int>(1);
  {
    Loop loop("test", base::kMainThread);
    loop.Post([witness] { FAIL() << "ran"; });
    loop.DeleteLater(
        std::make_unique<Doomed>([&loop, witness] { loop.Post([witness] { FAIL() << "ran"; }); }));
    EXPECT_GT(witness.use_count(), 1);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

// The kernel's clock and real waiting from here on, each ended by an event and not by time.

TEST(LoopThreadTest, PostsFromManyThreadsAllRun) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2'000;
  Loop loop("main", base::kMainThread);
  int next[kThreads] = {};
  int finished = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.Post([&, t, i] {
          EXPECT_EQ(next[t]++, i);
          if (i == kPosts - 1 && ++finished == kThreads) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  for (int count : next) EXPECT_EQ(count, kPosts);
}

// Each post must wake a loop that waits: a lost wake-up hangs here.
TEST(LoopThreadTest, PingPong) {
  Loop ping("ping", base::kMainThread);
  Loop pong("pong", 1);
  std::thread thread([&] { pong.Run(); });
  int rounds = 0;
  std::function<void()> serve = [&] {
    if (++rounds == 2'000) {
      pong.Stop();
      ping.Stop();
      return;
    }
    pong.Post([&] { ping.Post([&] { serve(); }); });
  };
  ping.Post([&] { serve(); });
  ping.Run();
  thread.join();
  EXPECT_EQ(rounds, 2'000);
}

TEST(LoopThreadTest, OwnPostsAndForeignPostsMix) {
  Loop loop("main", base::kMainThread);
  int foreign = 0;
  bool own_done = false;
  std::thread thread([&] {
    for (int i = 0; i < 1'000; ++i) loop.Post([&] { ++foreign; });
  });
  int own = 0;
  std::function<void()> again = [&] {
    if (++own >= 1'000 && foreign == 1'000) {
      own_done = true;
      loop.Stop();
    } else {
      loop.Post([&] { again(); });
    }
  };
  loop.Post([&] { again(); });
  loop.Run();
  thread.join();
  EXPECT_TRUE(own_done);
}

TEST(LoopThreadTest, StopFromAnotherThread) {
  Loop loop("main", base::kMainThread);
  std::thread thread([&] { loop.Stop(); });
  loop.Run();
  thread.join();
}

TEST(LoopThreadTest, TimerWakesAWaitingLoop) {
  Loop loop("main", base::kMainThread);
  const int64_t start_ns = loop.clock().MonotonicNs();
  Timer timer(loop, [&] { loop.Stop(); });
  timer.Arm(3);
  loop.Run();
  EXPECT_GE(loop.now_ns() - start_ns, 3'000'000);
}

TEST(LoopTurnTest, EveryTurnHasANumberOfItsOwn) {
  Loop loop("test", base::kMainThread);
  uint64_t first = 0;
  uint64_t same = 0;
  loop.Post([&] { first = Loop::TurnOfThisThread(); });
  loop.Post([&] { same = Loop::TurnOfThisThread(); });
  loop.RunReady();
  EXPECT_NE(first, 0u);
  EXPECT_EQ(first, same);
  uint64_t second = 0;
  loop.Post([&] { second = Loop::TurnOfThisThread(); });
  loop.RunReady();
  EXPECT_NE(second, first);
  uint64_t elsewhere = 1;
  std::thread([&] { elsewhere = Loop::TurnOfThisThread(); }).join();
  EXPECT_EQ(elsewhere, 0u);
}

}  // namespace
}  // namespace weir::event
