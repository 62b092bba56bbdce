// One T for each of Weir's threads that asks, made on first use: what an immutable, shared
// configuration object keeps per worker (a view of its routes, its statistics cells).
//
// Here() is for main and workers; the objects are destroyed with the container, when no thread
// uses it any more. Costs little until workers ask: see ThreadSlots.
#pragma once

#include <utility>

#include "source/base/thread_slots.h"

namespace weir::base {

template <class T>
class PerThread {
 public:
  PerThread() = default;
  ~PerThread() {
    slots_.ForEach([](void* object) { delete static_cast<T*>(object); });
  }
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  // The calling thread's T; `make` returns a std::unique_ptr<T> the first time.
  template <class Make>
  T& Here(Make&& make) {
    ThreadSlots::Slot& slot = slots_.Here();
    void* found = slot.load(std::memory_order_relaxed);
    if (found == nullptr) {
      found = std::forward<Make>(make)().release();
      slot.store(found, std::memory_order_release);
    }
    return *static_cast<T*>(found);
  }

 private:
  ThreadSlots slots_;
};

}  // namespace weir::base
