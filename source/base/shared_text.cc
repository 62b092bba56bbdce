#include "source/base/shared_text.h"

#include <limits>
#include <new>

#include "source/base/check.h"

namespace weir::base {

SharedText::SharedText(std::string_view begin, std::string_view end) {
  const size_t size = begin.size() + end.size();
  if (size == 0) return;
  WEIR_CHECK(size <= std::numeric_limits<uint32_t>::max());
  void* const memory = ::operator new(sizeof(Block) + size);
  block_ = new (memory) Block{{1}, static_cast<uint32_t>(size)};
  char* const text = reinterpret_cast<char*>(block_ + 1);
  begin.copy(text, begin.size());
  end.copy(text + begin.size(), end.size());
}

void SharedText::Release() {
  if (block_ == nullptr) return;
  if (block_->uses.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  block_->~Block();
  ::operator delete(block_);
}

}  // namespace weir::base
