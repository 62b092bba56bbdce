#include "source/base/thread_slots.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace weir::base {
namespace {

std::set<void*> Visited(const ThreadSlots& slots) {
  std::set<void*> pointers;
  slots.ForEach([&](void* pointer) { pointers.insert(pointer); });
  return pointers;
}

TEST(ThreadSlotsTest, CostsLittle) { EXPECT_EQ(sizeof(ThreadSlots), 2 * sizeof(void*)); }

TEST(ThreadSlotsTest, EveryThreadHasItsOwnSlot) {
  ThreadSlots slots;
  EXPECT_TRUE(Visited(slots).empty());
  int objects[kMaxThreads];
  std::set<ThreadSlots::Slot*> places;
  std::set<void*> expected;
  for (int i = 0; i < kMaxThreads; ++i) {
    SetThreadIndex(i);
    ThreadSlots::Slot& slot = slots.Here();
    EXPECT_EQ(slot.load(), nullptr);
    slot.store(&objects[i]);
    places.insert(&slot);
    expected.insert(&objects[i]);
  }
  EXPECT_EQ(places.size(), static_cast<size_t>(kMaxThreads));
  EXPECT_EQ(Visited(slots), expected);
  for (int i = 0; i < kMaxThreads; ++i) {
    SetThreadIndex(i);
    EXPECT_EQ(slots.Here().load(), &objects[i]) << "slots do not move";
  }
  SetThreadIndex(kNoThread);
  EXPECT_EQ(slots.Here().load(), &objects[kMainThread]);
}

TEST(ThreadSlotsTest, WorkersMayComeAtOnce) {
  constexpr int kWorkers = 20;
  for (int round = 0; round < 20; ++round) {
    ThreadSlots slots;
    int objects[kWorkers];
    std::vector<std::thread> workers;
    for (int i = 0; i < kWorkers; ++i) {
      workers.emplace_back([&, i] {
        SetThreadIndex(i + 1);
        slots.Here().store(&objects[i], std::memory_order_release);
        slots.ForEach([](void*) {});
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(Visited(slots).size(), static_cast<size_t>(kWorkers));
  }
}

}  // namespace
}  // namespace weir::base
