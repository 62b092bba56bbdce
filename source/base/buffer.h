// A queue of bytes in blocks: what waits to be written, and bodies on their way through.
//
// Bytes are appended at the end and drained from the front; whole blocks move between buffers
// without a copy. A block that is at most a quarter full is copied instead: cheaper than another
// iovec, and it bounds what a byte costs in memory. Blocks come from free lists of the thread, so
// a drained buffer owns no memory and a busy one allocates nothing in steady state.
// Not thread-safe; a buffer may be handed to another thread whole.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::base {

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { Clear(); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    Clear();
    first_ = std::exchange(other.first_, nullptr);
    last_ = std::exchange(other.last_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Copies `bytes` behind what is there.
  void Append(std::string_view bytes);
  // Room for `size` contiguous bytes at the end (size ≤ kBlockBytes); Commit says how many were
  // written. Nothing else may touch the buffer in between; Commit(0) gives unused room back.
  char* Reserve(size_t size);
  void Commit(size_t size);

  // Takes all (or the first `size`) bytes of `from` and puts them behind what is there.
  void Move(Buffer& from);
  void Move(Buffer& from, size_t size);

  // Forgets the first `size` bytes (size ≤ this->size()).
  void Drain(size_t size);
  void Clear() {
    if (first_ != nullptr) FreeBlocks();
  }

  // The first contiguous run; empty when the buffer is.
  std::string_view Front() const;
  // Fills at most `max` vectors from the front; returns how many.
  int Gather(iovec* out, int max) const;
  // Copies min(size, this->size()) bytes from the front; returns how many.
  size_t CopyOut(char* out, size_t size) const;
  std::string ToString() const;
  // What its blocks take from the heap, bookkeeping included. Walks the blocks.
  size_t reserved_bytes() const;

  static constexpr size_t kBlockBytes = 16 * 1024;

 private:
  struct Block;

  Block* AddBlock(size_t wanted_bytes);
  void PopFront();
  void FreeBlocks();
  // Takes the first block of `from`, which holds bytes, as it is.
  void TakeBlock(Buffer& from);

  // Every block but the last holds bytes, save for ones reserved and never written.
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weir::base
