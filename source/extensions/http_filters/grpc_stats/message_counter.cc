#include "source/extensions/http_filters/grpc_stats/message_counter.h"

#include <algorithm>
#include <utility>

namespace weir::extensions::grpc_stats {

uint64_t MessageCounter::Add(std::string_view bytes) {
  uint64_t count = 0;
  while (!bytes.empty()) {
    if (prefix_bytes_ == kPrefixBytes) {
      const size_t skipped = std::min<size_t>(length_, bytes.size());
      bytes.remove_prefix(skipped);
      length_ -= static_cast<uint32_t>(skipped);
      if (length_ == 0) prefix_bytes_ = 0;
      continue;
    }
    // The flag is shifted out by the length.
    length_ = length_ << 8 | static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (++prefix_bytes_ < kPrefixBytes) continue;
    ++count;
    if (length_ == 0) prefix_bytes_ = 0;
  }
  return count;
}

uint64_t MessageCounter::Add(base::Buffer& body) {
  constexpr int kMaxRuns = 16;
  iovec runs[kMaxRuns];
  uint64_t count = 0;
  size_t seen = 0;
  const int run_count = body.Gather(runs, kMaxRuns);
  for (int i = 0; i < run_count; ++i) {
    count += Add({static_cast<const char*>(runs[i].iov_base), runs[i].iov_len});
    seen += runs[i].iov_len;
  }
  if (seen == body.size()) return count;
  // More than a filter is given at once, unless another one held it.
  base::Buffer counted;
  counted.Move(body, seen);
  while (!body.empty()) {
    const std::string_view run = body.Front();
    count += Add(run);
    counted.Move(body, run.size());
  }
  body = std::move(counted);
  return count;
}

}  // namespace weir::extensions::grpc_stats
