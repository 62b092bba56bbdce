// What is told of one cluster of a health discovery server: the EndpointHealthResponse of it alone
// as it goes over the wire, made once and changed in place. 20,000 endpoints that are told of every
// second cost a look at each and a copy, not their messages. Main thread.
// Source: envoy.service.health.v3.EndpointHealthResponse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "envoy/config/core/v3/health_check.pb.h"

namespace envoy::service::health::v3 {
class ClusterHealthCheck;
}

namespace weir::discovery {

class DelegationReport {
 public:
  DelegationReport() = default;
  // Of these endpoints, by their localities and flat, all of them UNKNOWN.
  explicit DelegationReport(const envoy::service::health::v3::ClusterHealthCheck& proto);

  // By the place among the endpoints of all localities.
  void Set(size_t endpoint, envoy::config::core::v3::HealthStatus status);
  // The reports of several clusters, one after another, are one message.
  const std::string& bytes() const { return bytes_; }

  // Begins a field of `size` bytes, which are to follow.
  static void BeginField(int number, size_t size, std::string& out);

 private:
  // Where in bytes_ an endpoint's status stands.
  struct Places {
    size_t flat, grouped;
  };

  std::string bytes_;
  std::vector<Places> places_;
};

}  // namespace weir::discovery
