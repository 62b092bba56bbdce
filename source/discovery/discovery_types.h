// The xDS types this process subscribes to, parents before children, and how their faults are told.
#pragma once

#include <string>

#include "source/config/faults.h"
#include "source/xds/subscription.h"

namespace weir::discovery {

xds::ResourceType ClusterType();
xds::ResourceType EndpointType();
xds::ResourceType SecretType();
xds::ResourceType ListenerType();
xds::ResourceType RouteType();

// One line a fault, "field.path: what": what a Refusal carries.
std::string FaultLines(const config::Faults& faults);

}  // namespace weir::discovery
