// Gives the kernel back what lies free in the heap once a large change is over. The messages that a
// configuration of ten thousand clusters is made from lie between what was made of them; the
// allocator keeps those pages for ever unless it is told.
//
// Main thread. Trimming takes each arena's lock for as long as its free pages take to be given
// back, so it is done only when several megabytes have become free since the last time.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

namespace weir::server {

class IdleMemory {
 public:
  // Less is not worth the page faults when it is wanted again.
  static constexpr size_t kLeastBytes = 4 * 1024 * 1024;

  // `trim` gives back what it can.
  explicit IdleMemory(std::function<void()> trim = TrimHeap) : trim_(std::move(trim)) {}

  // Now and then, with the bytes of the heap that are free.
  void Look(size_t free_bytes);

 private:
  static void TrimHeap();

  const std::function<void()> trim_;
  // What was free after the last time and cannot be told from what was given back.
  size_t known_bytes_ = 0;
};

}  // namespace weir::server
