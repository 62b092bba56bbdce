// Steady traffic to all clusters of a fleet while its configuration changes: so many requests a
// second over so many kept connections, each to a host drawn at random. Counts what failed.
// Its own thread, between the constructor and Stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>

namespace weir::bench {

struct TrafficPlan {
  uint16_t port = 0;
  int clusters = 0;
  int connections = 8;
  uint64_t per_second = 1000;
};

struct TrafficReport {
  uint64_t requests = 0;
  uint64_t bad_status = 0;
  uint64_t cut = 0;         // the connection ended before the answer
  uint64_t unanswered = 0;  // until the end
  uint64_t reopened = 0;    // connections that the proxy ended between answers
  uint64_t worst_ns = 0;
  std::map<int, uint64_t> statuses;  // the bad ones
};

class Traffic {
 public:
  explicit Traffic(const TrafficPlan& plan);
  ~Traffic();

  TrafficReport Stop();

 private:
  class Runner;

  std::unique_ptr<Runner> runner_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace weir::bench
