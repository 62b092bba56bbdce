#include "source/discovery/discovery_types.h"

#include "absl/strings/str_cat.h"

namespace weir::discovery {

namespace {

constexpr char kCluster[] = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
constexpr char kEndpoint[] = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
constexpr char kListener[] = "type.googleapis.com/envoy.config.listener.v3.Listener";
constexpr char kSecret[] = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
constexpr char kRoute[] = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

}  // namespace

xds::ResourceType ClusterType() {
  xds::ResourceType type;
  type.type_url = kCluster;
  type.is_complete_set = true;
  type.children = {kEndpoint, kSecret};
  type.stats_prefix = "cluster_manager.cds";
  return type;
}

xds::ResourceType EndpointType() {
  xds::ResourceType type;
  type.type_url = kEndpoint;
  type.stats_prefix = "cluster_manager.eds";
  return type;
}

xds::ResourceType ListenerType() {
  xds::ResourceType type;
  type.type_url = kListener;
  type.is_complete_set = true;
  type.children = {kRoute, kSecret};
  type.stats_prefix = "listener_manager.lds";
  return type;
}

xds::ResourceType RouteType() {
  xds::ResourceType type;
  type.type_url = kRoute;
  type.stats_prefix = "http.rds";
  return type;
}

xds::ResourceType SecretType() {
  xds::ResourceType type;
  type.type_url = kSecret;
  type.stats_prefix = "sds";
  return type;
}

std::string FaultLines(const config::Faults& faults) {
  std::string lines;
  for (const config::Fault& fault : faults.faults()) {
    if (!lines.empty()) lines += '\n';
    absl::StrAppend(&lines, fault.path, fault.path.empty() ? "" : ": ", fault.text);
  }
  return lines;
}

}  // namespace weir::discovery
