#include "source/rpc/completion_thread.h"

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "source/base/thread.h"

namespace weir::rpc {
namespace {

// An operation that completes when its alarm goes off or is cancelled.
struct Waiting : Operation {
  void OnComplete(bool ok) override {
    thread_index = base::ThreadIndex();
    was_ok = ok;
    if (on_complete) on_complete();
    is_complete = true;
  }
  std::atomic<bool> is_complete{false};
  std::atomic<bool> was_ok{false};
  std::atomic<int> thread_index{-2};
  std::function<void()> on_complete;
  grpc::Alarm alarm;
};

TEST(CompletionThreadTest, OperationsCompleteOnAThreadWithoutState) {
  Waiting due, cancelled;
  {
    CompletionThread thread(std::make_unique<grpc::CompletionQueue>());
    const auto now = std::chrono::system_clock::now();
    due.alarm.Set(&thread.queue(), now, due.Tag());
    cancelled.alarm.Set(&thread.queue(), now + std::chrono::hours(1), cancelled.Tag());
    cancelled.alarm.Cancel();
  }
  // The destructor drained the queue.
  EXPECT_TRUE(due.is_complete);
  EXPECT_TRUE(due.was_ok);
  EXPECT_EQ(due.thread_index, base::kNoThread);
  EXPECT_TRUE(cancelled.is_complete);
  EXPECT_FALSE(cancelled.was_ok);
}

TEST(CompletionThreadTest, OpenCallsMayStartOperationsWhileItEnds) {
  Waiting first, last;
  {
    CompletionThread thread(std::make_unique<grpc::CompletionQueue>());
    thread.CallOpened();
    first.on_complete = [&] {
      last.alarm.Set(&thread.queue(), std::chrono::system_clock::now(), last.Tag());
      thread.CallClosed();
    };
    first.alarm.Set(&thread.queue(),
                    std::chrono::system_clock::now() + std::chrono::milliseconds(20), first.Tag());
  }
  EXPECT_TRUE(first.is_complete);
  EXPECT_TRUE(last.is_complete);
}

TEST(CompletionThreadTest, IsSharedWhileSomebodyOwnsIt) {
  auto one = CompletionThread::Shared();
  auto two = CompletionThread::Shared();
  EXPECT_EQ(one, two);
  std::weak_ptr<CompletionThread> old = one;
  one.reset();
  EXPECT_EQ(CompletionThread::Shared(), two);
  two.reset();
  EXPECT_TRUE(old.expired());
  EXPECT_NE(CompletionThread::Shared(), nullptr);
}

}  // namespace
}  // namespace weir::rpc
