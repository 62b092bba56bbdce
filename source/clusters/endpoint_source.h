// Where the endpoints of clusters of type EDS come from. server/ implements it over xDS; its
// answers are calls of ClusterManager::UpdateEndpoints() and EndpointsTimedOut(). Main thread.
#pragma once

#include <string_view>

#include "source/config/faults.h"
#include "source/xds/resource_origin.h"

namespace envoy::config::core::v3 {
class ConfigSource;
}

namespace weir::clusters {

class EndpointSource {
 public:
  virtual ~EndpointSource() = default;
  // What a cluster's eds_config means; null exactly when faults were added. Lives as long as the
  // source.
  virtual const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                             config::Faults& faults) = 0;
  // Each use of a name is begun and ended once; the first asks for it.
  virtual void BeginUse(const xds::ResourceOrigin& origin, std::string_view name) = 0;
  virtual void EndUse(const xds::ResourceOrigin& origin, std::string_view name) = 0;
};

}  // namespace weir::clusters
