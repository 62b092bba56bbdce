// Which resources a resource names: endpoints by a cluster, routes by a listener, secrets by
// either. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/any.pb.h"

namespace weir::control {

// What a cluster of type EDS subscribes to; nothing for other clusters.
std::optional<std::string> EndpointsOf(const google::protobuf::Any& cluster);

// The route configurations that a listener's HTTP connection managers subscribe to.
std::vector<std::string> RoutesOf(const google::protobuf::Any& listener);

// The secrets that a cluster or a listener subscribes to, wherever in it.
std::vector<std::string> SecretsOf(const google::protobuf::Any& resource);

}  // namespace weir::control
