#include "source/xds/discovery_methods.h"

#include "source/base/strings.h"
#include "source/xds/nack_detail.h"

namespace weir::xds {
namespace {

constexpr std::string_view kTypePrefix = "type.googleapis.com/";

// "/envoy.service.SERVICE/StreamWHAT", "/envoy.service.SERVICE/DeltaWHAT"; some exist in one
// protocol only.
struct Method {
  std::string_view message;
  std::string_view service;
  std::string_view what;
  bool has_stream = true;
  bool has_delta = true;
};

constexpr Method kMethods[] = {
    {"envoy.config.listener.v3.Listener", "listener.v3.ListenerDiscoveryService", "Listeners"},
    {"envoy.config.cluster.v3.Cluster", "cluster.v3.ClusterDiscoveryService", "Clusters"},
    {"envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoint.v3.EndpointDiscoveryService",
     "Endpoints"},
    {"envoy.config.route.v3.RouteConfiguration", "route.v3.RouteDiscoveryService", "Routes"},
    {"envoy.config.route.v3.ScopedRouteConfiguration", "route.v3.ScopedRoutesDiscoveryService",
     "ScopedRoutes"},
    {"envoy.config.route.v3.VirtualHost", "route.v3.VirtualHostDiscoveryService", "VirtualHosts",
     false, true},
    {"envoy.extensions.transport_sockets.tls.v3.Secret", "secret.v3.SecretDiscoveryService",
     "Secrets"},
    {"envoy.config.core.v3.TypedExtensionConfig", "extension.v3.ExtensionConfigDiscoveryService",
     "ExtensionConfigs"},
    {"envoy.service.runtime.v3.Runtime", "runtime.v3.RuntimeDiscoveryService", "Runtime"},
};

}  // namespace

std::string AggregatedMethod(Protocol protocol) {
  return base::StrCat("/envoy.service.discovery.v3.AggregatedDiscoveryService/",
                      protocol == Protocol::kDelta ? "Delta" : "Stream", "AggregatedResources");
}

absl::StatusOr<std::string> MethodOf(std::string_view type_url, Protocol protocol) {
  const bool is_delta = protocol == Protocol::kDelta;
  for (const Method& method : kMethods) {
    if (type_url.substr(0, kTypePrefix.size()) != kTypePrefix) break;
    if (type_url.substr(kTypePrefix.size()) != method.message) continue;
    if (is_delta ? method.has_delta : method.has_stream) {
      return base::StrCat("/envoy.service.", method.service, "/", is_delta ? "Delta" : "Stream",
                          method.what);
    }
  }
  return absl::NotFoundError(base::StrCat("no discovery service has resources of type ",
                                          Printable(type_url, 256),
                                          is_delta ? " by delta" : " in the state of the world"));
}

}  // namespace weir::xds
