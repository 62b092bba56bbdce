#include "test/support/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace weir::test {
namespace {
constinit thread_local int64_t allocations = 0;
}  // namespace

AllocationCounter::AllocationCounter() : start_(allocations) {}
int64_t AllocationCounter::count() const { return allocations - start_; }

}  // namespace weir::test

void* operator new(size_t size) {
  ++weir::test::allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(size_t size, std::align_val_t align) {
  ++weir::test::allocations;
  const auto boundary = static_cast<size_t>(align);
  if (void* memory = std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary)) {
    return memory;
  }
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
