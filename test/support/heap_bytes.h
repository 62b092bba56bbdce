// What the process holds of the heap, allocator's rounding included: for tests that promise how
// much memory something takes, over a thousand of it. Of the main arena.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace weir::test {

// Otherwise the heap is a sanitizer's, and the figure means nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(WEIR_SANITIZE_THREAD)
inline constexpr bool kHeapIsPlain = false;
#else
inline constexpr bool kHeapIsPlain = true;
#endif

inline size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace weir::test
