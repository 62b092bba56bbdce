// One T for each of Weir's threads that asks, made on first use: what an immutable, shared
// configuration object keeps per worker (a view of its routes, its statistics cells).
//
// Here() is for main and workers; the objects are destroyed with the container, when no thread
// uses it any more.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "source/base/thread.h"

namespace weir::base {

template <class T>
class PerThread {
 public:
  PerThread() : slots_(new std::atomic<T*>[kMaxThreads]{}) {}
  ~PerThread() {
    for (int i = 0; i < kMaxThreads; ++i) delete slots_[i].load(std::memory_order_relaxed);
  }
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  // The calling thread's T; `make` returns a std::unique_ptr<T> the first time.
  template <class Make>
  T& Here(Make&& make) {
    std::atomic<T*>& slot = slots_[ThreadIndex()];
    T* found = slot.load(std::memory_order_relaxed);
    if (found == nullptr) {
      found = make().release();
      slot.store(found, std::memory_order_release);
    }
    return *found;
  }

 private:
  std::unique_ptr<std::atomic<T*>[]> slots_;
};

}  // namespace weir::base
