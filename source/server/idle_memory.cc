#include "source/server/idle_memory.h"

#include <malloc.h>

#include <algorithm>

namespace weir::server {

void IdleMemory::Look(size_t free_bytes) {
  // What was free is in use again, and its pages are back.
  known_bytes_ = std::min(known_bytes_, free_bytes);
  if (free_bytes - known_bytes_ < kLeastBytes) return;
  trim_();
  known_bytes_ = free_bytes;
}

void IdleMemory::TrimHeap() { malloc_trim(0); }

}  // namespace weir::server
