// One pointer for each of Weir's threads, kept in little memory while few threads use it: main's
// slot is inline, the workers' come in two blocks made on first use. For statistics cells and
// other per-thread parts of objects that exist ten thousand times.
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
  ~ThreadSlots() {
    delete few_.load(std::memory_order_relaxed);
    delete many_.load(std::memory_order_relaxed);
  }
  ThreadSlots(const ThreadSlots&) = delete;
  ThreadSlots& operator=(const ThreadSlots&) = delete;

  // The calling thread's slot.
  Slot& Here() {
    const int index = ThreadIndex();
    if (index <= kMainThread) return main_;
    if (index <= kFew) return InBlock(few_).slots[index - 1];
    return InBlock(many_).slots[index - 1 - kFew];
  }

  // Calls visit(void*) for every pointer that was set.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    VisitSlot(main_, visit);
    VisitBlock(few_, visit);
    VisitBlock(many_, visit);
  }

 private:
  static constexpr int kFew = 16;

  template <int kCount>
  struct Block {
    Slot slots[kCount] = {};
  };

  template <class Block>
  static Block& InBlock(std::atomic<Block*>& place) {
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
  static void VisitBlock(const std::atomic<Block*>& place, Visit& visit) {
    const Block* block = place.load(std::memory_order_acquire);
    if (block == nullptr) return;
    for (const Slot& slot : block->slots) VisitSlot(slot, visit);
  }

  Slot main_{nullptr};
  std::atomic<Block<kFew>*> few_{nullptr};
  std::atomic<Block<kMaxThreads - 1 - kFew>*> many_{nullptr};
};

}  // namespace weir::base
