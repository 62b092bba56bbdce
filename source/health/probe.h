// The contract of one way to ask a host whether it is well. A probe is made once for a host and
// asks many times, over one connection where the configuration wants that.
//
//   Start() ──► OnProbeDone            (once; perhaps from inside a connection's or codec's call)
//   Start() ──► Abandon()              (no call follows: too late, or not wanted any more)
//
// The thread of its loop. It may be destroyed at any time but in OnProbeDone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "source/balancing/probe_report.h"
#include "source/event/loop.h"
#include "source/net/address.h"

namespace weir::health {

struct CheckedCluster;

enum class ProbeFailure : uint8_t {
  kActive,   // the host answered, and not well
  kPassive,  // real traffic told
  kNetwork,  // no answer
  kTimeout,  // none in time
};

struct ProbeOutcome {
  bool is_success = false;
  // A failure that unhealthy_threshold counts; any other suffices at once.
  bool counts_towards_threshold = true;
  ProbeFailure failure = ProbeFailure::kNetwork;
  bool is_degraded = false;       // x-envoy-degraded
  bool wants_exclusion = false;   // x-envoy-immediate-health-check-fail
  balancing::ProbeReport report;  // its latency is the checker's to fill in

  static ProbeOutcome Success(balancing::ProbeAnswer answer, uint16_t code = 0);
  static ProbeOutcome Network(balancing::ProbeAnswer answer);
};

class ProbeOwner {
 public:
  virtual void OnProbeDone(const ProbeOutcome& outcome) = 0;

 protected:
  ~ProbeOwner() = default;
};

class Probe {
 public:
  virtual ~Probe() = default;
  // The last one is done or abandoned.
  virtual void Start() = 0;
  // Ends what runs, with its connection.
  virtual void Abandon() = 0;
};

// What a probe goes by; all of it outlives the probe.
struct ProbeTarget {
  event::Loop& loop;
  const CheckedCluster& cluster;
  net::Address address;
  std::string authority;  // where the check names none
  std::string host_name;  // of the endpoint; empty: it has none
};

std::unique_ptr<Probe> CreateProbe(const ProbeTarget& target, ProbeOwner& owner);

}  // namespace weir::health
