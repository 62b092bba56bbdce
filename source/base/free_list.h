// Per-thread stacks of equal-sized memory blocks: what steady state uses instead of malloc.
//
//   using Chunks = base::ThreadFreeList<struct ChunkTag, 4096, 64>;
//   void* chunk = Chunks::Take();   Chunks::Give(chunk);
//
// Take prefers a block that this thread gave back; Give keeps at most kMaxKept of them and frees
// the rest. A block may be given back on another thread than it was taken on. What a thread keeps
// is freed when it ends; after that (static destructors) both calls go straight to the heap.
#pragma once

#include <cstddef>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define WEIR_POISON(address, size) ASAN_POISON_MEMORY_REGION(address, size)
#define WEIR_UNPOISON(address, size) ASAN_UNPOISON_MEMORY_REGION(address, size)
#else
#define WEIR_POISON(address, size) static_cast<void>(0)
#define WEIR_UNPOISON(address, size) static_cast<void>(0)
#endif

namespace weir::base {

template <class Tag, size_t kBytes, size_t kMaxKept>
class ThreadFreeList {
 public:
  static void* Take() {
    Link* link = state_.first;
    if (link == nullptr) return ::operator new(kBytes);
    WEIR_UNPOISON(link, kBytes);
    state_.first = link->next;
    --state_.kept;
    return link;
  }

  static void Give(void* block) {
    if (state_.kept == kMaxKept || state_.is_closed) {
      ::operator delete(block);
      return;
    }
    if (state_.kept++ == 0) FreeWhenThreadEnds();
    Link* link = new (block) Link{state_.first};
    state_.first = link;
    // A stale pointer into a kept block is as wrong as one into freed memory: let ASan see it.
    WEIR_POISON(link + 1, kBytes - sizeof(Link));
  }

  // How many blocks this thread keeps.
  static size_t kept() { return state_.kept; }

 private:
  static_assert(kBytes > sizeof(void*));

  struct Link {
    Link* next;
  };
  // No destructor: usable until the thread's storage is gone, whatever is destroyed first.
  struct State {
    Link* first = nullptr;
    size_t kept = 0;
    bool is_closed = false;
  };
  struct Reaper {
    ~Reaper() {
      while (state_.first != nullptr) ::operator delete(Take());
      state_.is_closed = true;
    }
    void Touch() {}
  };

  static void FreeWhenThreadEnds() {
    thread_local Reaper reaper;
    reaper.Touch();
  }

  static constinit inline thread_local State state_{};
};

}  // namespace weir::base
