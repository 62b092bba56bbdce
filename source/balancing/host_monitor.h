// Hears how one host answers, where its cluster looks for hosts that fail (outlier detection). Made
// by main and given to the host's HostActivity, with which it lives; clusters that do not look have
// none, so that they pay for a null test at most.
#pragma once

#include <cstdint>

namespace weir::balancing {

// What the proxy itself notices of a host, as opposed to what the host says.
enum class LocalOutcome : uint8_t {
  kTcpConnected,  // a connection that is proxied as it is: there is no more to come
  kFailed,        // it could not be connected to, or broke off
  kTimeout,
};

class HostMonitor {
 public:
  // Of the last interval, as external and local origin; −1: not known.
  struct SuccessRates {
    double external = -1;
    double local = -1;
  };

  virtual ~HostMonitor() = default;

  // Workers. The status of a response, or what stands for one of gRPC's.
  virtual void OnResponse(int status) = 0;
  virtual void OnLocalOutcome(LocalOutcome outcome) = 0;

  // Any thread.
  virtual SuccessRates success_rates() const = 0;
  // In the loops' time; 0: it is not ejected.
  virtual int64_t ejected_until_ms() const = 0;
};

}  // namespace weir::balancing
