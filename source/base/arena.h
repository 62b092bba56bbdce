// Memory that lives as long as one stream: allocation is a pointer bump, release is all at once.
//
// The first chunk comes from a free list of the thread and goes back there, so a stream in
// steady state allocates nothing. Objects in it are not destroyed: put only trivially
// destructible things here. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::base {

class Arena {
 public:
  Arena() = default;
  ~Arena() { Reset(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `align` is a power of two, at most alignof(std::max_align_t).
  void* Allocate(size_t size, size_t align = alignof(std::max_align_t)) {
    const size_t padding = (0 - reinterpret_cast<uintptr_t>(next_)) & (align - 1);
    const size_t room = static_cast<size_t>(end_ - next_);
    if (next_ == nullptr || size > room || padding > room - size) return AllocateChunk(size);
    char* start = next_ + padding;
    next_ = start + size;
    return start;
  }
  char* AllocateBytes(size_t size) { return static_cast<char*>(Allocate(size, 1)); }
  std::string_view Copy(std::string_view text);
  // The concatenation of `a` and `b`.
  std::string_view Join(std::string_view a, std::string_view b);

  template <class T, class... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return new (Allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  // Gives everything back; all that was allocated is gone.
  void Reset();
  // Bytes taken from the system or the free list, bookkeeping included.
  size_t reserved_bytes() const { return reserved_bytes_; }

  static constexpr size_t kFirstChunkBytes = 4 * 1024;

 private:
  struct Chunk;

  // Room for `size` bytes at the start of a new chunk.
  void* AllocateChunk(size_t size);

  Chunk* chunks_ = nullptr;  // the one that is bumped first, then older and oversized ones
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t reserved_bytes_ = 0;
};

}  // namespace weir::base
