// One endpoint at run time, shared by all workers: its address and what the whole proxy knows of
// it.
//
// Identity is the address (with the endpoint's hostname and metadata deciding equality for
// updates): an update that keeps a host keeps the object, so its counters and connections live on.
// Fields that change are atomics; the rest is immutable.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "source/net/address.h"

namespace weir::balancing {

// envoy.config.core.v3.HealthStatus as balancing sees it.
enum class EdsHealth : uint8_t { kHealthy, kDegraded, kUnhealthy, kDraining };

struct Locality {
  std::string region, zone, sub_zone;
  uint32_t weight = 0;  // 0: not given

  friend bool operator==(const Locality&, const Locality&) = default;
};

// What seldom differs between the hosts of a locality: shared by those for which it does not.
struct HostDetails {
  std::string hostname;
  std::string metadata;  // serialised envoy.config.core.v3.Metadata
  std::shared_ptr<const Locality> locality;

  // By value.
  friend bool operator==(const HostDetails& a, const HostDetails& b) {
    return a.hostname == b.hostname && a.metadata == b.metadata && *a.locality == *b.locality;
  }
};

class Host {
 public:
  Host(net::Address address, std::string hostname, std::shared_ptr<const Locality> locality);
  Host(net::Address address, std::shared_ptr<const HostDetails> details);
  ~Host() { delete address_text_.load(std::memory_order_relaxed); }
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
  bool is_usable() const { return eds_health() < EdsHealth::kUnhealthy; }

  // Written by every worker; relaxed. Requests count from the pick, so that those that still wait
  // for a connection weigh in balancing.
  std::atomic<uint32_t> active_requests{0};
  std::atomic<uint32_t> active_connections{0};
  std::atomic<uint64_t> requests_total{0}, requests_success{0}, requests_error{0},
      requests_timeout{0}, connects_total{0}, connect_failures{0};

 private:
  friend class HostSetBuilder;

  const net::Address address_;
  mutable std::atomic<const std::string*> address_text_{nullptr};
  const std::shared_ptr<const HostDetails> details_;
  std::atomic<uint32_t> weight_{1};
  std::atomic<EdsHealth> eds_health_{EdsHealth::kHealthy};
};

using HostPtr = std::shared_ptr<Host>;

}  // namespace weir::balancing
