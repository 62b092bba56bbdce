// One pointer for each of Weir's threads, kept in little memory while few threads use it: main's
// slot is inline, the workers' come in two blocks made on first use, the second behind the first.
// For statistics cells and other per-thread parts of objects that exist ten thousand times.
//
// A slot is written by its thread only; any thread may visit. Slots never move. A thread without
// an index shares main's slot (tests). What the pointers point to belongs to the user.
#pragma once

#include <atomic>

#include "source/base/thread.h"

namespace weir::base {

class ThreadSlots {
 public:
  using Slot = std::atomic<void*>;

  ThreadSlots() = default;
  ~ThreadSlots() { delete few_.load(std::memory_order_relaxed); }
  ThreadSlots(const ThreadSlots&) = delete;
  ThreadSlots& operator=(const ThreadSlots&) = delete;

  // The calling thread's slot.
  Slot& Here() {
    const int index = ThreadIndex();
    if (index <= kMainThread) return main_;
    Few& few = Made(few_);
    if (index <= kFew) return few.slots[index - 1];
    return Made(few.many).slots[index - 1 - kFew];
  }

  // Calls visit(void*) for every pointer that was set.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    VisitSlot(main_, visit);
    const Few* few = few_.load(std::memory_order_acquire);
    if (few == nullptr) return;
    VisitSlots(*few, visit);
    const Many* many = few->many.load(std::memory_order_acquire);
    if (many != nullptr) VisitSlots(*many, visit);
  }

 private:
  static constexpr int kFew = 16;

  struct Many {
    Slot slots[kMaxThreads - 1 - kFew] = {};
  };
  struct Few {
    ~Few() { delete many.load(std::memory_order_relaxed); }
    Slot slots[kFew] = {};
    std::atomic<Many*> many{nullptr};
  };

  template <class Block>
  static Block& Made(std::atomic<Block*>& place) {
    Block* block = place.load(std::memory_order_acquire);
    if (block != nullptr) return *block;
    auto* made = new Block();
    // Two workers may make it at once; one of them wins.
    if (place.compare_exchange_strong(block, made, std::memory_order_acq_rel)) return *made;
    delete made;
    return *block;
  }

  template <class Visit>
  static void VisitSlot(const Slot& slot, Visit& visit) {
    if (void* pointer = slot.load(std::memory_order_acquire)) visit(pointer);
  }
  template <class Block, class Visit>
  static void VisitSlots(const Block& block, Visit& visit) {
    for (const Slot& slot : block.slots) VisitSlot(slot, visit);
  }

  Slot main_{nullptr};
  std::atomic<Few*> few_{nullptr};
};

}  // namespace weir::base
