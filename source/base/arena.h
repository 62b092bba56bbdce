// Memory that lives as long as one stream: allocation is a pointer bump, release is all at once.
//
// The first chunk comes from a free list of the thread and goes back there, so a stream in
// steady state allocates nothing. Objects in it are not destroyed: put only trivially
// destructible things here. Not thread-safe.
#pragma once

#include <cstddef>
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

  void* Allocate(size_t size, size_t align = alignof(std::max_align_t));
  char* AllocateBytes(size_t size) { return static_cast<char*>(Allocate(size, 1)); }
  std::string_view Copy(std::string_view text);
  // The concatenation of `a` and `b`.
  std::string_view Join(std::string_view a, std::string_view b);

  template <class T, class... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  // Gives everything back; all that was allocated is gone.
  void Reset();
  // Bytes taken from the system or the free list, bookkeeping included.
  size_t reserved_bytes() const { return reserved_bytes_; }

  static constexpr size_t kFirstChunkBytes = 4 * 1024;

 private:
  struct Chunk;

  Chunk* chunks_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t reserved_bytes_ = 0;
};

}  // namespace weir::base
