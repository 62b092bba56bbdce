#include "source/admin/render_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace weir::admin {
namespace {

TEST(RenderThreadsTest, RunsNoMoreThanItMayAtATime) {
  std::atomic<int> running{0}, most{0}, done{0};
  std::promise<void> all_done;
  {
    RenderThreads threads(3);
    for (int i = 0; i < 200; ++i) {
      threads.Run([&] {
        const int now = ++running;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --running;
        if (++done == 200) all_done.set_value();
      });
    }
    all_done.get_future().wait();
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(done, 200);
}

TEST(RenderThreadsTest, OneThatWaitsKeepsNobodyWaiting) {
  std::promise<void> go_on;
  std::promise<void> other_ran;
  RenderThreads threads(2);
  threads.Run([future = go_on.get_future().share()] { future.wait(); });
  threads.Run([&] { other_ran.set_value(); });
  other_ran.get_future().wait();
  go_on.set_value();
}

TEST(RenderThreadsTest, WhatHasNotBegunIsDroppedAtTheEnd) {
  std::promise<void> begun, go_on;
  std::atomic<bool> dropped_ran{false};
  auto threads = std::make_unique<RenderThreads>(1);
  threads->Run([&begun, future = go_on.get_future().share()] {
    begun.set_value();
    future.wait();
  });
  begun.get_future().wait();
  // Told by its destruction, which only the drop can bring about now.
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> is_there = token;
  threads->Run([&dropped_ran, token = std::move(token)] { dropped_ran = true; });
  std::thread ending([&] { threads.reset(); });
  while (!is_there.expired()) std::this_thread::yield();
  go_on.set_value();
  ending.join();
  EXPECT_FALSE(dropped_ran);
}

}  // namespace
}  // namespace weir::admin
