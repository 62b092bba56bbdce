// Tested by test/server/discovery_test.cc
#include "source/discovery/endpoint_discovery.h"

#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/discovery/discovery_types.h"
#include "source/discovery/take_resource.h"

namespace weir::discovery {

EndpointDiscovery::EndpointDiscovery(ConfigSources& sources, admin::ConfigDump& dump)
    : sources_(sources), dump_(dump), resources_(EndpointType(), *this) {}

const xds::ResourceOrigin* EndpointDiscovery::Resolve(
    const envoy::config::core::v3::ConfigSource& proto, config::Faults& faults) {
  return sources_.Resolve(proto, EndpointType(), faults);
}

void EndpointDiscovery::BeginUse(const xds::ResourceOrigin& origin, std::string_view name) {
  dump_.Request(admin::ResourceKind::kEndpoint, name);
  resources_.Add(origin, name);
}

void EndpointDiscovery::EndUse(const xds::ResourceOrigin& origin, std::string_view name) {
  if (resources_.Remove(origin, name)) dump_.Remove(admin::ResourceKind::kEndpoint, name);
}

std::vector<xds::Refusal> EndpointDiscovery::OnUpdate(xds::ResourceSource& source,
                                                      const xds::Update& update) {
  std::vector<xds::Refusal> refusals;
  for (const xds::Resource& resource : update.changed) {
    TakeResource<envoy::config::endpoint::v3::ClusterLoadAssignment>(
        resource, admin::ResourceKind::kEndpoint, dump_, refusals,
        [&](const auto& proto, config::Faults& faults) {
          return clusters_->UpdateEndpoints(&source, proto, faults);
        });
  }
  // What serves stays, as in Envoy; a cluster that waits need not any longer.
  GiveUp(source, update.removed, admin::ResourceStatus::kDoesNotExist);
  return refusals;
}

void EndpointDiscovery::OnFetchTimeout(xds::ResourceSource& source,
                                       absl::Span<const std::string> names) {
  GiveUp(source, names, admin::ResourceStatus::kTimeout);
}

void EndpointDiscovery::GiveUp(const xds::ResourceSource& source,
                               absl::Span<const std::string> names, admin::ResourceStatus status) {
  for (const std::string& name : names) {
    dump_.SetAbsent(admin::ResourceKind::kEndpoint, name, status);
    clusters_->EndpointsMissing(&source, name);
  }
}

}  // namespace weir::discovery
