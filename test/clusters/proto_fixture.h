// Clusters and assignments from YAML, as a user writes them.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/config/load.h"

namespace weir::clusters {

template <class Message>
Message FromYaml(std::string_view yaml) {
  Message message;
  config::Faults faults;
  EXPECT_TRUE(config::LoadText(yaml, message, faults)) << faults.ToString();
  return message;
}

inline envoy::config::cluster::v3::Cluster ClusterFromYaml(std::string_view yaml) {
  return FromYaml<envoy::config::cluster::v3::Cluster>(yaml);
}

inline envoy::config::endpoint::v3::ClusterLoadAssignment AssignmentFromYaml(
    std::string_view yaml) {
  return FromYaml<envoy::config::endpoint::v3::ClusterLoadAssignment>(yaml);
}

}  // namespace weir::clusters
