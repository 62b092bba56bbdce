// All checks that one loop makes, of whichever cluster. Main sends it work; what it finds out goes
// back in one batch a turn. In a turn it begins no more than a few checks and takes up no more than
// a few hosts, so that 20,000 hosts that come at once delay nothing else the loop does; from their
// second check on they are spread over the interval. The loop's thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/balancing/host.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/health/checked_cluster.h"
#include "source/health/host_checker.h"

namespace weir::health {

// Main's orders about one cluster's checks.
struct CheckOrder {
  enum class Kind : uint8_t { kBegin, kAdd, kRemove, kNoteUnhealthy, kEnd };

  Kind kind;
  uint64_t cluster;
  balancing::HostPtr host = nullptr;                           // kAdd, kRemove, kNoteUnhealthy
  std::shared_ptr<const CheckedCluster> definition = nullptr;  // kBegin
};

class CheckRunner final : private HostChecker::Owner, private event::TurnEndHook {
 public:
  static constexpr int kMostPerTurn = 32;

  using Deliver = std::function<void(std::vector<CheckResult>)>;
  CheckRunner(event::Loop& loop, Deliver deliver);
  ~CheckRunner();

  event::Loop& loop() { return loop_; }
  void Take(std::vector<CheckOrder> orders);

 private:
  using Checkers = absl::flat_hash_map<const balancing::Host*, std::unique_ptr<HostChecker>>;
  struct Cluster {
    std::shared_ptr<const CheckedCluster> definition;
    Checkers checkers;
  };

  // HostChecker::Owner
  void OnDue(HostChecker& checker) override;
  void OnResult(const CheckResult& result) override;
  // event::TurnEndHook
  void OnTurnEnd() override;

  // A few of everything that waits.
  void Pump();
  bool has_work() const { return !orders_.empty() || !ending_.empty() || !due_.empty(); }
  void Obey(const CheckOrder& order);
  void AddHost(const CheckOrder& order);
  void EndSome();

  event::Loop& loop_;
  const Deliver deliver_;
  event::Timer pump_timer_;
  std::deque<CheckOrder> orders_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Cluster>> clusters_;
  std::vector<std::unique_ptr<Cluster>> ending_;
  base::IntrusiveList<HostChecker> due_;
  std::vector<CheckResult> results_;
};

}  // namespace weir::health
