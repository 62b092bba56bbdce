#include "source/base/buffer.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"
#include "source/base/free_list.h"

namespace weir::base {

struct Buffer::Block {
  Block* next;
  uint32_t begin;
  uint32_t end;
  uint32_t capacity;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  size_t size() const { return end - begin; }
  size_t room() const { return capacity - end; }
  std::string_view view() { return {bytes() + begin, size()}; }
};

namespace {

constexpr size_t kHeaderBytes = 24;
// Two sizes: heads, control frames and short bodies fit a small block, so that a connection with
// a short write pending does not hold 16 KiB.
constexpr size_t kSmallBlockBytes = 2048 - kHeaderBytes;

using SmallBlocks = ThreadFreeList<struct SmallBlockTag, kHeaderBytes + kSmallBlockBytes, 256>;
using LargeBlocks = ThreadFreeList<struct LargeBlockTag, kHeaderBytes + Buffer::kBlockBytes, 64>;

}  // namespace

Buffer::Block* Buffer::AddBlock(size_t wanted_bytes) {
  static_assert(sizeof(Block) == kHeaderBytes);
  // A second block means there is much to come.
  const bool is_small = first_ == nullptr && wanted_bytes <= kSmallBlockBytes;
  void* memory = is_small ? SmallBlocks::Take() : LargeBlocks::Take();
  const auto capacity = static_cast<uint32_t>(is_small ? kSmallBlockBytes : kBlockBytes);
  Block* block = new (memory) Block{nullptr, 0, 0, capacity};
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
  return block;
}

void Buffer::PopFront() {
  Block* block = first_;
  first_ = block->next;
  if (first_ == nullptr) last_ = nullptr;
  if (block->capacity == kSmallBlockBytes) {
    SmallBlocks::Give(block);
  } else {
    LargeBlocks::Give(block);
  }
}

void Buffer::TakeBlock(Buffer& from) {
  Block* block = from.first_;
  from.first_ = block->next;
  if (from.first_ == nullptr) from.last_ = nullptr;
  from.size_ -= block->size();
  block->next = nullptr;
  (last_ == nullptr ? first_ : last_->next) = block;
  last_ = block;
  size_ += block->size();
}

void Buffer::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    Block* block = last_;
    if (block == nullptr || block->room() == 0) block = AddBlock(bytes.size());
    const size_t count = std::min(block->room(), bytes.size());
    std::memcpy(block->bytes() + block->end, bytes.data(), count);
    block->end += static_cast<uint32_t>(count);
    size_ += count;
    bytes.remove_prefix(count);
  }
}

char* Buffer::Reserve(size_t size) {
  WEIR_CHECK(size <= kBlockBytes);
  if (last_ != nullptr && last_->room() < size && size_ == 0) Clear();
  Block* block = last_;
  if (block == nullptr || block->room() < size) block = AddBlock(size);
  return block->bytes() + block->end;
}

void Buffer::Commit(size_t size) {
  if (last_ != nullptr) {
    WEIR_CHECK(size <= last_->room());
    last_->end += static_cast<uint32_t>(size);
    size_ += size;
  }
  if (size_ == 0) Clear();
}

void Buffer::Move(Buffer& from) {
  WEIR_DCHECK(this != &from);
  if (size_ == 0) {
    *this = std::move(from);
  } else {
    Move(from, from.size_);
  }
}

void Buffer::Move(Buffer& from, size_t size) {
  WEIR_CHECK(this != &from && size <= from.size_);
  if (size_ == 0) Clear();
  while (size > 0) {
    Block* block = from.first_;
    const size_t held = block->size();
    if (held == 0) {
      from.PopFront();
    } else if (held <= size && held > block->capacity / 4) {
      size -= held;
      TakeBlock(from);
    } else {
      const size_t count = std::min(held, size);
      Append(block->view().substr(0, count));
      from.Drain(count);
      size -= count;
    }
  }
  if (from.size_ == 0) from.Clear();
}

void Buffer::Drain(size_t size) {
  WEIR_CHECK(size <= size_);
  if (size == 0) return;
  size_ -= size;
  if (size_ == 0) return Clear();
  while (size > 0 || first_->size() == 0) {
    const size_t count = std::min(size, first_->size());
    first_->begin += static_cast<uint32_t>(count);
    size -= count;
    if (first_->size() == 0) PopFront();
  }
}

void Buffer::FreeBlocks() {
  while (first_ != nullptr) PopFront();
  size_ = 0;
}

std::string_view Buffer::Front() const { return size_ == 0 ? std::string_view() : first_->view(); }

int Buffer::Gather(iovec* out, int max) const {
  int count = 0;
  for (Block* block = first_; block != nullptr && count < max; block = block->next) {
    if (block->size() == 0) continue;
    out[count++] = {block->bytes() + block->begin, block->size()};
  }
  return count;
}

size_t Buffer::CopyOut(char* out, size_t size) const {
  size_t copied = 0;
  for (Block* block = first_; block != nullptr && copied < size; block = block->next) {
    copied += block->view().copy(out + copied, size - copied);
  }
  return copied;
}

std::string Buffer::ToString() const {
  std::string text(size_, '\0');
  CopyOut(text.data(), size_);
  return text;
}

size_t Buffer::reserved_bytes() const {
  size_t total = 0;
  for (Block* block = first_; block != nullptr; block = block->next) {
    total += kHeaderBytes + block->capacity;
  }
  return total;
}

}  // namespace weir::base
