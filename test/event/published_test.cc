#include "source/event/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "source/base/thread.h"
#include "test/support/allocation_counter.h"

namespace weir::event {
namespace {

struct Value {
  explicit Value(int number, std::atomic<int>* live = nullptr) : number(number), live(live) {
    if (live != nullptr) ++*live;
  }
  ~Value() {
    if (live != nullptr) --*live;
  }
  const int number;
  std::atomic<int>* const live;
};

TEST(PublishedTest, NothingUntilPublished) {
  Published<Value> published;
  View<Value> view(published);
  EXPECT_FALSE(view.Get());
  EXPECT_EQ(view.Get().get(), nullptr);
  EXPECT_EQ(published.Load(), nullptr);
  EXPECT_EQ(published.generation(), 0u);
}

TEST(PublishedTest, ViewSeesTheNewest) {
  Published<Value> published;
  View<Value> view(published);
  published.Publish(std::make_unique<Value>(1));
  EXPECT_EQ(view.Get()->number, 1);
  published.Publish(std::make_unique<Value>(2));
  published.Publish(std::make_unique<Value>(3));
  EXPECT_EQ(view.Get()->number, 3);
  EXPECT_EQ(published.Load()->number, 3);
  published.Publish(nullptr);
  EXPECT_FALSE(view.Get());
}

TEST(PublishedTest, PinKeepsWhatItStartedWith) {
  std::atomic<int> live{0};
  {
    Published<Value> published;
    View<Value> view(published);
    published.Publish(std::make_unique<Value>(1, &live));
    Pin<Value> pin = view.Get();
    published.Publish(std::make_unique<Value>(2, &live));
    EXPECT_EQ(view.Get()->number, 2);
    EXPECT_EQ(pin->number, 1);
    EXPECT_EQ(live, 2);
    Pin<Value> copy = pin;
    pin = Pin<Value>();
    EXPECT_EQ((*copy).number, 1);
    Pin<Value> moved = std::move(copy);
    EXPECT_FALSE(copy);  // NOLINT: moved-from is specified as empty
    EXPECT_EQ(live, 2);
    moved = view.Get();
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

TEST(PublishedTest, UnchangedValueCostsNoAllocation) {
  Published<Value> published;
  published.Publish(std::make_unique<Value>(1));
  View<Value> view(published);
  view.Get();
  test::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) Pin<Value> pin = view.Get();
  EXPECT_EQ(counter.count(), 0);
}

TEST(PublishedTest, HomeDestroysWhatAWorkerLetsGo) {
  std::atomic<int> live{0};
  Loop home("main", base::kMainThread);
  Published<Value> published(&home);
  published.Publish(std::make_unique<Value>(1, &live));
  std::thread([&] {
    View<Value> view(published);
    view.Get();
    published.Publish(std::make_unique<Value>(2, &live));
    view.Get();
    EXPECT_EQ(live, 2) << "the first waits for its home";
  }).join();
  home.RunReady();
  EXPECT_EQ(live, 1);
}

TEST(PublishedTest, HomeThatNeverRunsAgainStillFrees) {
  std::atomic<int> live{0};
  {
    Loop home("main", base::kMainThread);
    Published<Value> published(&home);
    published.Publish(std::make_unique<Value>(1, &live));
    std::thread([&] { published.Publish(nullptr); }).join();
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

// N39 (hosts are published so). Main publishes while workers read and pin: numbers never go back,
// every value is freed, at home.
TEST(PublishedThreadTest, ManyReadersOneWriter) {
  constexpr int kWorkers = 3;
  constexpr int kValues = 3'000;
  std::atomic<int> live{0};
  {
    Loop home("main", base::kMainThread);
    Published<Value> published(&home);
    std::vector<std::thread> workers;
    std::atomic<int> finished{0};
    for (int w = 0; w < kWorkers; ++w) {
      workers.emplace_back([&] {
        View<Value> view(published);
        Pin<Value> older;
        for (int last = 0; last < kValues;) {
          const Pin<Value>& pin = view.Get();
          if (!pin) continue;
          EXPECT_GE(pin->number, last);
          EXPECT_TRUE(!older || older->number <= pin->number);
          last = pin->number;
          if (last % 3 == 0) older = pin;
        }
        ++finished;
      });
    }
    int next = 0;
    std::function<void()> publish = [&] {
      if (next < kValues) published.Publish(std::make_unique<Value>(++next, &live));
      if (finished == kWorkers) {
        home.Stop();
      } else {
        home.Post([&] { publish(); });
      }
    };
    home.Post([&] { publish(); });
    home.Run();
    for (std::thread& worker : workers) worker.join();
    home.RunReady();
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

}  // namespace
}  // namespace weir::event
