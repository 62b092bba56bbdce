#include "source/http2/session_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace weir::http2 {

// The tables and the frame buffer of one thread. Pages come from the system in slabs and go back to
// this list, to the system only when the thread ends: they are as many as it ever had sessions at
// once.
class ThreadPages {
 public:
  static ThreadPages& Here() {
    if (here_ == nullptr) {
      here_ = new ThreadPages;
      thread_local Reaper reaper;
      reaper.Touch();
    }
    return *here_;
  }
  ~ThreadPages() {
    for (void* const slab : slabs_) munmap(slab, kSlabBytes);
  }

  // All zeros.
  void* Take() {
    ++lent_count_;
    for (int dropped = 0; dropped < 2 && !idle_.empty(); ++dropped) Drop(idle_.PopFront());
    if (free_.empty()) return TakeFresh();
    void* const page = free_.back();
    free_.pop_back();
    std::memset(page, 0, SessionMemory::kTableBytes);
    return page;
  }
  void Give(void* page) {
    --lent_count_;
    free_.push_back(page);
  }
  void AddIdle(SessionMemory& memory) { idle_.PushBack(memory); }

  void* LendFrameBuffer() {
    ++lent_count_;
    return frame_buffer_;
  }
  void TakeFrameBufferBack() { --lent_count_; }

 private:
  static constexpr size_t kSlabPages = 64;
  static constexpr size_t kSlabBytes = kSlabPages * SessionMemory::kTableBytes;

  struct Reaper {
    // A session that outlives its thread keeps what it has.
    ~Reaper() {
      if (here_->lent_count_ == 0) delete std::exchange(here_, nullptr);
    }
    void Touch() {}
  };

  void* TakeFresh() {
    if (fresh_count_ == 0) {
      void* const slab =
          mmap(nullptr, kSlabBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (slab == MAP_FAILED) return nullptr;
      madvise(slab, kSlabBytes, MADV_NOHUGEPAGE);
      slabs_.push_back(slab);
      fresh_ = static_cast<char*>(slab);
      fresh_count_ = kSlabPages;
    }
    char* const page = fresh_;
    fresh_ += SessionMemory::kTableBytes;
    --fresh_count_;
    return page;
  }

  static void Drop(const SessionMemory& memory) {
    const auto* const words = static_cast<const uint64_t*>(memory.table_);
    for (size_t i = 0; i < SessionMemory::kTableBytes / sizeof(uint64_t); ++i) {
      if (words[i] != 0) return;
    }
    madvise(memory.table_, SessionMemory::kTableBytes, MADV_DONTNEED);
  }

  char* fresh_ = nullptr;  // of the last slab, what nobody had yet
  size_t fresh_count_ = 0;
  std::vector<void*> slabs_, free_;
  size_t lent_count_ = 0;
  base::IntrusiveList<SessionMemory> idle_;  // since longest first
  alignas(std::max_align_t) char frame_buffer_[SessionMemory::kFrameBufferBytes];

  static constinit inline thread_local ThreadPages* here_ = nullptr;
};

nghttp2_mem SessionMemory::Hooks() { return {this, Allocate, Free, AllocateZeroed, Reallocate}; }

void SessionMemory::OnNoStreams() {
  if (table_ != nullptr && !is_linked()) ThreadPages::Here().AddIdle(*this);
}

void SessionMemory::OnFlushed() {
#ifndef NDEBUG
  if (frame_buffer_ != nullptr) std::memset(frame_buffer_, 0xdb, kFrameBufferBytes);
#endif
}

void* SessionMemory::Allocate(size_t size, void* /*self*/) { return std::malloc(size); }

void SessionMemory::Free(void* block, void* self) {
  auto& memory = *static_cast<SessionMemory*>(self);
  if (block == nullptr) return;
  if (block == memory.frame_buffer_) {
    memory.frame_buffer_ = nullptr;
    return ThreadPages::Here().TakeFrameBufferBack();
  }
  if (block != memory.table_) return std::free(block);
  memory.Unlink();
  memory.table_ = nullptr;
  ThreadPages::Here().Give(block);
}

void* SessionMemory::AllocateZeroed(size_t count, size_t size, void* self) {
  auto& memory = *static_cast<SessionMemory*>(self);
  const bool is_table = memory.is_creating_ && count * size == kTableBytes;
  if (!is_table || memory.table_ != nullptr) return std::calloc(count, size);
  memory.table_ = ThreadPages::Here().Take();
  return memory.table_;
}

void* SessionMemory::Reallocate(void* block, size_t size, void* self) {
  auto& memory = *static_cast<SessionMemory*>(self);
  const bool is_frame_buffer = memory.is_creating_ && block == nullptr &&
                               size >= kLeastFrameBufferBytes && size <= kFrameBufferBytes;
  if (is_frame_buffer && memory.frame_buffer_ == nullptr) {
    memory.frame_buffer_ = ThreadPages::Here().LendFrameBuffer();
    return memory.frame_buffer_;
  }
  const bool is_ours =
      block != nullptr && (block == memory.frame_buffer_ || block == memory.table_);
  if (!is_ours) return std::realloc(block, size);
  void* const moved = std::malloc(size);  // an ordinary block from now on
  if (moved == nullptr) return nullptr;
  const size_t held = block == memory.table_ ? kTableBytes : kFrameBufferBytes;
  std::memcpy(moved, block, std::min(size, held));
  Free(block, self);
  return moved;
}

}  // namespace weir::http2
