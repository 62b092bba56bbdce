// What a connection has read and its handler not yet consumed, always contiguous.
//
// Owns memory only while it holds bytes, so an idle connection has no buffer. Appending costs
// amortised O(1) a byte however small the pieces are. A view is valid until the next change.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace weir::net {

class UnreadBytes {
 public:
  bool empty() const { return begin_ == end_; }
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  // `bytes` lies outside of this store.
  void Append(std::string_view bytes);
  // Forgets the first `size` bytes (size ≤ view().size()).
  void Consume(size_t size);
  void Clear();

 private:
  std::unique_ptr<char[]> bytes_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace weir::net
