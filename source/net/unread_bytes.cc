#include "source/net/unread_bytes.h"

#include <algorithm>
#include <cstring>

#include "source/base/check.h"

namespace weir::net {

void UnreadBytes::Append(std::string_view bytes) {
  if (bytes.empty()) return;
  const size_t held = end_ - begin_;
  const size_t wanted = held + bytes.size();
  if (capacity_ - end_ < bytes.size()) {
    // Moving down pays only while what is gained outweighs what is moved.
    if (wanted <= capacity_ && begin_ >= held) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    } else {
      const size_t capacity = std::max<size_t>({wanted, 2 * held, 256});
      std::unique_ptr<char[]> grown(new char[capacity]);
      if (held > 0) std::memcpy(grown.get(), bytes_.get() + begin_, held);
      bytes_ = std::move(grown);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }
  std::memcpy(bytes_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

void UnreadBytes::Consume(size_t size) {
  WEIR_CHECK(size <= end_ - begin_);
  begin_ += size;
  if (empty()) Clear();
}

void UnreadBytes::Clear() {
  bytes_.reset();
  begin_ = end_ = capacity_ = 0;
}

}  // namespace weir::net
