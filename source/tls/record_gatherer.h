// Cuts gathered output into TLS records: full ones where there is enough, straight from where the
// bytes are when a run of them is long, through a buffer of the thread when they lie in pieces.
// A value for one write; worker's thread.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace weir::tls {

class RecordGatherer {
 public:
  static constexpr size_t kRecordBytes = 16 * 1024;
  // From here on a shorter record costs less than copying would.
  static constexpr size_t kDirectBytes = 12 * 1024;

  RecordGatherer(const iovec* from, int count) : vector_(from), end_(from + count) { SkipEmpty(); }

  bool empty() const { return vector_ == end_; }
  // The next record's content; exactly `wanted` bytes of it if that is not 0 (as far as there are).
  std::string_view Next(size_t wanted) const {
    const size_t most = wanted != 0 ? wanted : kRecordBytes;
    const size_t run = vector_->iov_len - offset_;
    const char* const start = static_cast<const char*>(vector_->iov_base) + offset_;
    const bool is_last = vector_ + 1 == end_;
    const bool is_direct = run >= most || is_last || (wanted == 0 && run >= kDirectBytes);
    if (is_direct) return {start, std::min(run, most)};
    return Collect(most);
  }
  void Advance(size_t bytes) {
    while (bytes > 0 && vector_ != end_) {
      const size_t step = std::min(bytes, vector_->iov_len - offset_);
      bytes -= step;
      offset_ += step;
      SkipEmpty();
    }
  }

 private:
  void SkipEmpty() {
    while (vector_ != end_ && offset_ == vector_->iov_len) {
      ++vector_;
      offset_ = 0;
    }
  }
  std::string_view Collect(size_t most) const {
    static thread_local const std::unique_ptr<char[]> buffer(new char[kRecordBytes]);
    size_t size = 0;
    size_t offset = offset_;
    for (const iovec* vector = vector_; vector != end_ && size < most; ++vector, offset = 0) {
      const size_t step = std::min(vector->iov_len - offset, most - size);
      std::memcpy(buffer.get() + size, static_cast<const char*>(vector->iov_base) + offset, step);
      size += step;
    }
    return {buffer.get(), size};
  }

  const iovec* vector_;
  const iovec* const end_;
  size_t offset_ = 0;
};

}  // namespace weir::tls
