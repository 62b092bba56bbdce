#include "source/base/arena.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/free_list.h"

namespace weir::base {

struct alignas(std::max_align_t) Arena::Chunk {
  Chunk* next;
  size_t bytes;  // this header included

  char* begin() { return reinterpret_cast<char*>(this + 1); }
  char* end() { return reinterpret_cast<char*>(this) + bytes; }
};

namespace {

// A stream that outgrows its first chunk gets chunks that double, up to this.
constexpr size_t kLargestChunkBytes = 64 * 1024;

using FirstChunks = ThreadFreeList<struct FirstChunkTag, Arena::kFirstChunkBytes, 256>;

}  // namespace

void* Arena::AllocateChunk(size_t size) {
  const bool is_first = chunks_ == nullptr;
  const size_t needed = sizeof(Chunk) + size;
  WEIR_CHECK(needed > size);
  const size_t usual =
      is_first ? kFirstChunkBytes : std::min(2 * chunks_->bytes, kLargestChunkBytes);
  const size_t bytes = std::max(needed, usual);
  void* memory = bytes == kFirstChunkBytes ? FirstChunks::Take() : ::operator new(bytes);
  Chunk* chunk = new (memory) Chunk{nullptr, bytes};
  reserved_bytes_ += bytes;
  // An oversized request is filed behind the current chunk, whose room stays in use.
  if (!is_first && needed > usual) {
    chunk->next = chunks_->next;
    chunks_->next = chunk;
    return chunk->begin();
  }
  chunk->next = chunks_;
  chunks_ = chunk;
  next_ = chunk->begin() + size;
  end_ = chunk->end();
  return chunk->begin();
}

std::string_view Arena::Copy(std::string_view text) {
  if (text.empty()) return {};
  char* bytes = AllocateBytes(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

std::string_view Arena::Join(std::string_view a, std::string_view b) {
  const size_t size = a.size() + b.size();
  if (size == 0) return {};
  char* bytes = AllocateBytes(size);
  a.copy(bytes, a.size());
  b.copy(bytes + a.size(), b.size());
  return {bytes, size};
}

void Arena::Reset() {
  while (chunks_ != nullptr) {
    Chunk* chunk = chunks_;
    chunks_ = chunk->next;
    if (chunk->bytes == kFirstChunkBytes) {
      FirstChunks::Give(chunk);
    } else {
      ::operator delete(chunk);
    }
  }
  next_ = end_ = nullptr;
  reserved_bytes_ = 0;
}

}  // namespace weir::base
