#include "source/xds/discovery_methods.h"

#include <gtest/gtest.h>

namespace weir::xds {
namespace {

std::string Of(const std::string& message, Protocol protocol) {
  const auto method = MethodOf("type.googleapis.com/" + message, protocol);
  return method.ok() ? *method : std::string(method.status().message());
}

TEST(DiscoveryMethodsTest, TheAggregatedStream) {
  EXPECT_EQ(AggregatedMethod(Protocol::kStateOfTheWorld),
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources");
  EXPECT_EQ(AggregatedMethod(Protocol::kDelta),
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
}

TEST(DiscoveryMethodsTest, AStreamOfOneType) {
  const struct {
    const char *message, *service, *what;
  } kCases[] = {
      {"envoy.config.cluster.v3.Cluster", "cluster.v3.ClusterDiscoveryService", "Clusters"},
      {"envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoint.v3.EndpointDiscoveryService",
       "Endpoints"},
      {"envoy.config.listener.v3.Listener", "listener.v3.ListenerDiscoveryService", "Listeners"},
      {"envoy.config.route.v3.RouteConfiguration", "route.v3.RouteDiscoveryService", "Routes"},
      {"envoy.config.route.v3.ScopedRouteConfiguration", "route.v3.ScopedRoutesDiscoveryService",
       "ScopedRoutes"},
      {"envoy.extensions.transport_sockets.tls.v3.Secret", "secret.v3.SecretDiscoveryService",
       "Secrets"},
      {"envoy.config.core.v3.TypedExtensionConfig", "extension.v3.ExtensionConfigDiscoveryService",
       "ExtensionConfigs"},
      {"envoy.service.runtime.v3.Runtime", "runtime.v3.RuntimeDiscoveryService", "Runtime"},
  };
  for (const auto& [message, service, what] : kCases) {
    const std::string begin = std::string("/envoy.service.") + service + "/";
    EXPECT_EQ(Of(message, Protocol::kStateOfTheWorld), begin + "Stream" + what);
    EXPECT_EQ(Of(message, Protocol::kDelta), begin + "Delta" + what);
  }
}

TEST(DiscoveryMethodsTest, WhatNoServiceHas) {
  EXPECT_EQ(Of("envoy.config.route.v3.VirtualHost", Protocol::kDelta),
            "/envoy.service.route.v3.VirtualHostDiscoveryService/DeltaVirtualHosts");
  EXPECT_EQ(Of("envoy.config.route.v3.VirtualHost", Protocol::kStateOfTheWorld),
            "no discovery service has resources of type "
            "type.googleapis.com/envoy.config.route.v3.VirtualHost in the state of the world");
  EXPECT_EQ(Of("a.B", Protocol::kDelta),
            "no discovery service has resources of type type.googleapis.com/a.B by delta");
  EXPECT_FALSE(MethodOf("envoy.config.cluster.v3.Cluster", Protocol::kDelta).ok());
}

}  // namespace
}  // namespace weir::xds
