#include "source/balancing/host.h"

#include <utility>

namespace weir::balancing {
namespace {

// Two threads may make it at once; one of them wins.
template <class T, class Made>
T& KeepFirst(std::atomic<T*>& place, std::unique_ptr<Made> made) {
  T* first = nullptr;
  if (place.compare_exchange_strong(first, made.get(), std::memory_order_acq_rel)) {
    first = made.release();
  }
  return *first;
}

HostHealth Worse(HostHealth a, HostHealth b) { return a < b ? b : a; }

HostHealth Of(EdsHealth health) {
  switch (health) {
    case EdsHealth::kHealthy:
      return HostHealth::kHealthy;
    case EdsHealth::kDegraded:
      return HostHealth::kDegraded;
    case EdsHealth::kUnhealthy:
    case EdsHealth::kDraining:
      break;
  }
  return HostHealth::kUnhealthy;
}

}  // namespace

Host::Host(net::Address address, std::string hostname, std::shared_ptr<const Locality> locality)
    : Host(std::move(address),
           std::make_shared<const HostDetails>(HostDetails{
               std::move(hostname),
               locality != nullptr ? std::move(locality) : std::make_shared<const Locality>()})) {}

Host::Host(net::Address address, std::shared_ptr<const HostDetails> details)
    : address_(std::move(address)), details_(std::move(details)) {}

Host::~Host() {
  delete address_text_.load(std::memory_order_relaxed);
  delete activity_.load(std::memory_order_relaxed);
}

const std::string& Host::address_text() const {
  const std::string* const text = address_text_.load(std::memory_order_acquire);
  if (text != nullptr) return *text;
  return KeepFirst(address_text_, std::make_unique<const std::string>(address_.ToString()));
}

HostActivity& Host::activity() const {
  HostActivity* const activity = activity_.load(std::memory_order_acquire);
  if (activity != nullptr) return *activity;
  return KeepFirst(activity_, std::make_unique<HostActivity>());
}

bool Host::SetHealthFlag(HealthFlag flag, bool on) {
  const uint8_t before = health_flags_.load(std::memory_order_relaxed);
  const auto bit = static_cast<uint8_t>(flag);
  const auto after = static_cast<uint8_t>(on ? before | bit : before & ~bit);
  health_flags_.store(after, std::memory_order_relaxed);
  return after != before;
}

bool Host::ForgetActiveChecks() {
  bool has_changed = SetHealthFlag(HealthFlag::kFailedActiveCheck, false);
  has_changed |= SetHealthFlag(HealthFlag::kDegradedActiveCheck, false);
  has_changed |= SetHealthFlag(HealthFlag::kPendingActiveCheck, false);
  has_changed |= SetHealthFlag(HealthFlag::kExcluded, false);
  return has_changed;
}

HostHealth Host::health() const {
  if (has_failed()) {
    return HostHealth::kUnhealthy;
  }
  const bool is_degraded = has(HealthFlag::kDegradedActiveCheck);
  return Worse(Of(eds_health()), is_degraded ? HostHealth::kDegraded : HostHealth::kHealthy);
}

}  // namespace weir::balancing
