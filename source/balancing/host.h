// One endpoint at run time, shared by all workers: its address and what the whole proxy knows of
// it.
//
// Identity is the address, with the endpoint's hostname and locality: an update that keeps these
// keeps the object, so its counters and connections live on. Weight, health and metadata change in
// place; what is idle costs little, since counters are made when something happens.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "source/balancing/host_activity.h"
#include "source/balancing/host_metadata.h"
#include "source/net/address.h"

namespace weir::balancing {

// envoy.config.core.v3.HealthStatus as balancing sees it.
enum class EdsHealth : uint8_t { kHealthy, kDegraded, kUnhealthy, kDraining };

// What Weir itself has found out about a host; a set of bits.
enum class HealthFlag : uint8_t {
  kFailedActiveCheck = 1,
  kFailedOutlierCheck = 2,  // ejected
  kDegradedActiveCheck = 4,
  kPendingActiveCheck = 8,  // no check has come back yet
  kExcluded = 16,           // it asked to be left out, until a check passes
};

// The worst of what the control plane says and what was found out.
enum class HostHealth : uint8_t { kHealthy, kDegraded, kUnhealthy };

struct Locality {
  std::string region, zone, sub_zone;

  friend bool operator==(const Locality&, const Locality&) = default;
};

// How active checks of a host differ from those of its cluster
// (envoy.config.endpoint.v3.Endpoint.HealthCheckConfig).
struct HostCheck {
  net::Address address;  // unset: the host's own
  uint16_t port = 0;     // 0: the address's
  std::string hostname;  // empty: the host's
  bool is_exempt = false;

  friend bool operator==(const HostCheck&, const HostCheck&) = default;
};

// What seldom differs between the hosts of a locality: shared by those for which it does not.
struct HostDetails {
  std::string hostname;
  std::shared_ptr<const Locality> locality;
  std::shared_ptr<const HostCheck> check = nullptr;  // null: as its cluster says

  // By value.
  friend bool operator==(const HostDetails& a, const HostDetails& b) {
    const bool is_checked_alike =
        a.check == b.check || (a.check != nullptr && b.check != nullptr && *a.check == *b.check);
    return a.hostname == b.hostname && *a.locality == *b.locality && is_checked_alike;
  }
};

class Host {
 public:
  Host(net::Address address, std::string hostname, std::shared_ptr<const Locality> locality);
  Host(net::Address address, std::shared_ptr<const HostDetails> details);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const net::Address& address() const { return address_; }
  // "10.0.0.1:80", made on first use: for logs and /clusters. Any thread.
  const std::string& address_text() const;
  const std::string& hostname() const { return details_->hostname; }
  const Locality& locality() const { return *details_->locality; }
  const HostDetails& details() const { return *details_; }
  const std::shared_ptr<const HostDetails>& shared_details() const { return details_; }

  uint32_t weight() const { return weight_.load(std::memory_order_relaxed); }
  EdsHealth eds_health() const { return eds_health_.load(std::memory_order_relaxed); }
  // Main thread; null: it has none.
  const std::shared_ptr<const HostMetadata>& metadata() const { return metadata_; }

  bool has(HealthFlag flag) const {
    return (health_flags_.load(std::memory_order_relaxed) & static_cast<uint8_t>(flag)) != 0;
  }
  // Main thread. Whether that changed anything. Whoever changes a flag sees to it that the
  // host's sets are made anew (clusters::ClusterDefinition::OnHealthChanged).
  bool SetHealthFlag(HealthFlag flag, bool on);
  // Main thread. As if it had never been checked: those findings are nobody's any more. Whether
  // that changed anything.
  bool ForgetActiveChecks();
  // Active checks have nothing to say of it.
  bool is_exempt_from_checks() const {
    return details_->check != nullptr && details_->check->is_exempt;
  }
  HostHealth health() const;
  // By its checks or as an outlier.
  bool has_failed() const {
    return has(HealthFlag::kFailedActiveCheck) || has(HealthFlag::kFailedOutlierCheck);
  }
  bool is_usable() const { return health() != HostHealth::kUnhealthy; }

  // Made on first use. Any thread.
  HostActivity& activity() const;
  // Null: nothing has happened to it.
  const HostActivity* activity_if_any() const { return activity_.load(std::memory_order_acquire); }
  // Null: its cluster does not look for hosts that fail.
  HostMonitor* monitor() const {
    const HostActivity* const activity = activity_if_any();
    return activity == nullptr ? nullptr : activity->monitor.load(std::memory_order_acquire);
  }

  // Somebody waits for a connection to it, since it has as many as it may.
  bool is_waited_for() const {
    const HostActivity* const activity = activity_if_any();
    return activity != nullptr && activity->connection_waiters.load() != 0;
  }

  // Written by every worker; relaxed. Requests count from the pick, so that those that still wait
  // for a connection weigh in balancing.
  std::atomic<uint32_t> active_requests{0};
  std::atomic<uint32_t> active_connections{0};

 private:
  friend class HostSetBuilder;

  const net::Address address_;
  mutable std::atomic<const std::string*> address_text_{nullptr};
  mutable std::atomic<HostActivity*> activity_{nullptr};
  const std::shared_ptr<const HostDetails> details_;
  std::shared_ptr<const HostMetadata> metadata_;
  std::atomic<uint32_t> weight_{1};
  std::atomic<EdsHealth> eds_health_{EdsHealth::kHealthy};
  std::atomic<uint8_t> health_flags_{0};
};

using HostPtr = std::shared_ptr<Host>;

}  // namespace weir::balancing
