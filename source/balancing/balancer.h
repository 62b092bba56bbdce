// The contract of a load-balancing policy: which host of a group takes the next request.
//
// One balancer a cluster, shared by all workers: const, and no state of its own; what persists is
// in the group (its sequence) and in the hosts (their counters), so that decisions are about the
// whole proxy, not about one worker. A pick allocates nothing, takes no lock and costs the same
// for any number of hosts.
#pragma once

#include <memory>

#include "source/balancing/balancer_config.h"
#include "source/balancing/host_set.h"
#include "source/balancing/load_report.h"
#include "source/balancing/pick_context.h"
#include "source/base/random.h"

namespace weir::balancing {

class DestinationTable;

// How a request that a host was picked for went.
struct Outcome {
  int64_t latency_ns = 0;      // from the request's head to the response's
  bool is_success = true;      // no 5xx, no reset, no failed status of gRPC
  int64_t retry_after_ns = 0;  // what the host said; 0: nothing
};

class Balancer {
 public:
  virtual ~Balancer() = default;

  // The index, in group.hosts(), of the host to use. The group has at least one.
  virtual uint32_t Pick(const HostGroup& group, const PickContext& context,
                        base::Random& random) const = 0;

  // What the policy works out once for each change of a group: null where that is nothing. Main
  // thread. `weights`, in the order of `hosts`, are those that hold now.
  virtual std::unique_ptr<const PickTable> Prepare(absl::Span<const HostPtr> hosts,
                                                   absl::Span<const uint32_t> weights) const {
    return nullptr;
  }
  // For policies that learn. Any worker.
  virtual void OnResponse(const Host& host, const Outcome& outcome, int64_t now_ns) const {}
  // Whether OnResponse does anything.
  virtual bool learns() const { return false; }
  // For policies that go by what hosts say of their load. Any worker.
  virtual void OnLoadReport(const Host& host, const LoadReport& report, int64_t now_ns) const {}
  // Whether OnLoadReport does anything.
  virtual bool wants_load_reports() const { return false; }
  // Requests of one key belong to one host: the shares of localities are then worked into the
  // weights that Prepare gets, and no locality is picked first.
  virtual bool is_by_hash() const { return false; }

  // It asks how busy the cluster is (PickContext::cluster_requests).
  virtual bool wants_load() const { return false; }

  // Whose hosts come with its requests: none is picked then. Null: those of its set are.
  virtual DestinationTable* destinations() const { return nullptr; }

  // Clusters with the same policy and no options of their own share one.
  static std::shared_ptr<const Balancer> Create(const BalancerConfig& config);
};

struct Picked {
  const HostPtr* host = nullptr;  // in the set; null when it has none to offer
  bool is_panicking = false;      // too few hosts are well, so all were candidates
  // Whether a subset was looked for, and another set taken instead.
  bool by_subset = false, fell_back = false;
};

// Lets `balancer` pick and steps past hosts that the request has tried.
Picked PickHost(const HostSet& hosts, const Balancer& balancer, const PickContext& context,
                base::Random& random);

}  // namespace weir::balancing
