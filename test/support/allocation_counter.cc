#include "test/support/allocation_counter.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace weir::test {
namespace {

constinit thread_local int64_t allocations = 0;
constinit thread_local int64_t live_bytes = 0;
constinit thread_local int64_t peak_bytes = 0;

void* Count(void* memory) {
  if (memory == nullptr) std::abort();
  ++allocations;
  live_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  peak_bytes = std::max(peak_bytes, live_bytes);
  return memory;
}

void Free(void* memory) {
  if (memory != nullptr) live_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

AllocationCounter::AllocationCounter() : start_count_(allocations), start_bytes_(live_bytes) {
  test::peak_bytes = live_bytes;
}
int64_t AllocationCounter::count() const { return allocations - start_count_; }
int64_t AllocationCounter::peak_bytes() const { return test::peak_bytes - start_bytes_; }

}  // namespace weir::test

void* operator new(size_t size) { return weir::test::Count(std::malloc(size)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return weir::test::Count(std::malloc(size));
}
void* operator new(size_t size, std::align_val_t align) {
  const auto boundary = static_cast<size_t>(align);
  return weir::test::Count(
      std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary));
}
void operator delete(void* memory) noexcept { weir::test::Free(memory); }
void operator delete(void* memory, size_t) noexcept { weir::test::Free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { weir::test::Free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { weir::test::Free(memory); }
