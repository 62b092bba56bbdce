// envoy.config.cluster.v3.OutlierDetection → OutlierConfig. Adds every fault with its path relative
// to the message. Main thread.
#pragma once

#include "source/config/faults.h"
#include "source/health/outlier_config.h"

namespace envoy::config::cluster::v3 {
class OutlierDetection;
}

namespace weir::health {

OutlierConfig ParseOutlierDetection(const envoy::config::cluster::v3::OutlierDetection& proto,
                                    config::Faults& faults);

}  // namespace weir::health
