// The active checks of one definition of a cluster, on the main thread: which hosts are checked,
// and what the findings make of them. The checks themselves run on the workers' loops.
//
//   hosts ──SetHosts──► orders ──► CheckRunners ──► results ──► flags of the hosts
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "source/balancing/host.h"
#include "source/health/check_threads.h"
#include "source/health/checked_cluster.h"

namespace weir::health {

class ActiveChecks final : private CheckThreads::Client {
 public:
  class Listener {
   public:
    // Once for a batch of results: flags of hosts have changed (`has_changed`), or all hosts have
    // been checked now that were waited for.
    virtual void OnChecked(bool has_changed) = 0;
    // A check passed at a host that is ejected for its failures. Before OnChecked.
    virtual void OnEjectedPassed(balancing::Host& host) = 0;

   protected:
    ~Listener() = default;
  };

  // `threads` and `listener` outlive it.
  ActiveChecks(CheckThreads& threads, std::unique_ptr<const CheckedCluster> cluster,
               Listener& listener);
  ~ActiveChecks();
  ActiveChecks(const ActiveChecks&) = delete;
  ActiveChecks& operator=(const ActiveChecks&) = delete;

  // From now on these are checked, but for those that are exempt.
  void SetHosts(absl::Span<const balancing::HostPtr> hosts);
  // Every host has been checked, or timed out.
  bool has_first_round() const { return awaited_count_ == 0; }
  // Traffic has been told by the host to leave it alone (x-envoy-immediate-health-check-fail).
  void OnImmediateFailure(const balancing::HostPtr& host);

 private:
  struct Checked {
    uint64_t generation = 0;
    bool has_result = false;
    bool is_healthy = false;
  };
  using Orders = std::vector<std::vector<CheckOrder>>;

  // CheckThreads::Client
  void OnResults(std::vector<CheckResult> results) override;

  bool Apply(const CheckResult& result);
  void AddHost(const balancing::HostPtr& host, Orders& orders);
  void RemoveOld(Orders& orders);
  void Send(Orders orders);
  void NoteHealth(Checked& checked, bool is_healthy);

  CheckThreads& threads_;
  Listener& listener_;
  const std::shared_ptr<const CheckedCluster> cluster_;
  const uint64_t number_;
  absl::flat_hash_map<balancing::HostPtr, Checked> hosts_;
  uint64_t generation_ = 0;
  size_t awaited_count_ = 0;
};

}  // namespace weir::health
