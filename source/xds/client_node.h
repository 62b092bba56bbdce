// What a control plane is told of us: the configured node, and what every client of this release is
// and can do. Pure; no thread.
#pragma once

#include "envoy/config/core/v3/base.pb.h"

namespace weir::xds {

envoy::config::core::v3::Node ClientNode(envoy::config::core::v3::Node configured);

}  // namespace weir::xds
