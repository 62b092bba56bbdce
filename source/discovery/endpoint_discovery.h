// EDS: the endpoints of clusters, from wherever each cluster says that they come. Main thread.
#pragma once

#include <string_view>
#include <vector>

#include "source/admin/config_dump.h"
#include "source/clusters/cluster_manager.h"
#include "source/clusters/endpoint_source.h"
#include "source/discovery/config_sources.h"
#include "source/xds/named_resources.h"

namespace weir::discovery {

// Made before the cluster manager, which asks it, and told of the manager afterwards.
class EndpointDiscovery final : public clusters::EndpointSource, private xds::NamedResourceSink {
 public:
  EndpointDiscovery(ConfigSources& sources, admin::ConfigDump& dump);

  void SetClusters(clusters::ClusterManager& clusters) { clusters_ = &clusters; }
  // See NamedResources::Open().
  void Open(xds::ResourceSource& source) { resources_.Open(source); }

  // clusters::EndpointSource
  const xds::ResourceOrigin* Resolve(const envoy::config::core::v3::ConfigSource& proto,
                                     config::Faults& faults) override;
  void BeginUse(const xds::ResourceOrigin& origin, std::string_view name) override;
  void EndUse(const xds::ResourceOrigin& origin, std::string_view name) override;

 private:
  // xds::NamedResourceSink
  std::vector<xds::Refusal> OnUpdate(xds::ResourceSource& source,
                                     const xds::Update& update) override;
  void OnFetchTimeout(xds::ResourceSource& source, absl::Span<const std::string> names) override;

  void GiveUp(const xds::ResourceSource& source, absl::Span<const std::string> names,
              admin::ResourceStatus status);

  ConfigSources& sources_;
  admin::ConfigDump& dump_;
  clusters::ClusterManager* clusters_ = nullptr;
  xds::NamedResources resources_;
};

}  // namespace weir::discovery
