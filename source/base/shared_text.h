// An immutable text in the space of one pointer: copies share it, an empty one takes nothing. For
// what objects keep that exist ten thousand times, most of them alike, such as versions.
//
//   record.version = SharedText::Like(version_, "v17");   // shares version_'s when it is the same
//
// Copies may be used on different threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace weir::base {

class SharedText {
 public:
  SharedText() = default;
  explicit SharedText(std::string_view text) : SharedText(text, {}) {}
  // The two, joined.
  SharedText(std::string_view begin, std::string_view end);
  ~SharedText() { Release(); }
  SharedText(const SharedText& other) : block_(other.block_) {
    if (block_ != nullptr) block_->uses.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  // `text`, which is made anew unless `last` has it, and from then on is what `last` has.
  static SharedText Like(SharedText& last, std::string_view text) {
    if (last.view() != text) last = SharedText(text);
    return last;
  }

  bool empty() const { return block_ == nullptr; }
  std::string_view view() const {
    if (block_ == nullptr) return {};
    return {reinterpret_cast<const char*>(block_ + 1), block_->size};
  }

 private:
  // Followed by the text.
  struct Block {
    std::atomic<uint32_t> uses;
    uint32_t size;
  };

  void Release();

  Block* block_ = nullptr;
};

}  // namespace weir::base
