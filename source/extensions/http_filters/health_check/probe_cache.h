// The upstream's last answer to a probe, good for all workers' probes for a while. Any thread; an
// answer is seen whole or as none. Tested by
// test/extensions/http_filters/health_check/health_check_filter_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace weir::extensions::health_check {

struct ProbeAnswer {
  int status = 200;
  bool is_degraded = false;
};

class ProbeCache {
 public:
  explicit ProbeCache(int64_t time_ns) : time_ns_(time_ns) {}

  // None: the next probe goes to the upstream.
  std::optional<ProbeAnswer> Find(int64_t now_ns) const {
    if (now_ns >= until_ns_.load(std::memory_order_acquire)) return std::nullopt;
    const uint32_t answer = answer_.load(std::memory_order_relaxed);
    return ProbeAnswer{static_cast<int>(answer >> 1), (answer & 1) != 0};
  }
  void Store(const ProbeAnswer& answer, int64_t now_ns) {
    answer_.store(static_cast<uint32_t>(answer.status) << 1 | (answer.is_degraded ? 1 : 0),
                  std::memory_order_relaxed);
    until_ns_.store(now_ns + time_ns_, std::memory_order_release);
  }

 private:
  const int64_t time_ns_;
  std::atomic<int64_t> until_ns_{0};
  std::atomic<uint32_t> answer_{0};
};

}  // namespace weir::extensions::health_check
