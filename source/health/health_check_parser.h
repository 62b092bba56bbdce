// envoy.config.core.v3.HealthCheck → HealthCheckConfig. Adds every fault with its path relative to
// the message. Main thread.
#pragma once

#include <memory>

#include "source/config/faults.h"
#include "source/health/check_config.h"

namespace envoy::config::core::v3 {
class HealthCheck;
}

namespace weir::health {

// Null exactly when faults were added.
std::shared_ptr<const HealthCheckConfig> ParseHealthCheck(
    const envoy::config::core::v3::HealthCheck& proto, config::Faults& faults);

}  // namespace weir::health
