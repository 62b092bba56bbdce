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
#include "source/base/random.h"
#include "source/http/message.h"
#include "source/net/address.h"

namespace weir::balancing {

// What a balancing decision may look at. Null head for plain TCP.
struct PickContext {
  const http::RequestHead* head = nullptr;
  const net::Address* downstream_address = nullptr;
  // Hosts already tried by this request, to be avoided when another one is there.
  const Host* const* tried = nullptr;
  int tried_count = 0;
  int repick_limit = 0;  // hosts looked at, at most, instead of a tried one; 0: all it takes
};

class Balancer {
 public:
  virtual ~Balancer() = default;

  // The index, in group.hosts(), of the host to use. The group has at least one.
  virtual uint32_t Pick(const HostGroup& group, const PickContext& context,
                        base::Random& random) const = 0;

  // Clusters with the same policy and no options of their own share one.
  static std::shared_ptr<const Balancer> Create(const BalancerConfig& config);
};

struct Picked {
  const HostPtr* host = nullptr;  // in the set; null when it has none to offer
  bool is_panicking = false;      // too few hosts are well, so all were candidates
};

// Lets `balancer` pick and steps past hosts that the request has tried.
Picked PickHost(const HostSet& hosts, const Balancer& balancer, const PickContext& context,
                base::Random& random);

}  // namespace weir::balancing
