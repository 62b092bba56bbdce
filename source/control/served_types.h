// The resource types that weir-control serves, in the order in which a change is pushed: what is
// referred to before what refers to it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir::control {

enum class ServedType : unsigned char { kSecret, kCluster, kEndpoints, kListener, kRoutes };
inline constexpr size_t kServedTypeCount = 5;

struct ServedTypeInfo {
  ServedType type;
  std::string_view type_url;
  std::string_view noun;  // in logs
  // A response holds all there are, and what is absent was deleted; else only what was asked for.
  bool is_complete_set;
  // Others refer to it and are pushed later: what is gone is told when they are in place.
  bool is_dropped_last;
};

inline constexpr std::array<ServedTypeInfo, kServedTypeCount> kServedTypes = {{
    {ServedType::kSecret, "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
     "secrets", false, true},
    {ServedType::kCluster, "type.googleapis.com/envoy.config.cluster.v3.Cluster", "clusters", true,
     true},
    {ServedType::kEndpoints, "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
     "endpoints", false, true},
    {ServedType::kListener, "type.googleapis.com/envoy.config.listener.v3.Listener", "listeners",
     true, false},
    {ServedType::kRoutes, "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "routes",
     false, false},
}};

inline const ServedTypeInfo& InfoOf(ServedType type) {
  return kServedTypes[static_cast<size_t>(type)];
}
// Null: not served.
inline const ServedTypeInfo* FindServedType(std::string_view type_url) {
  for (const ServedTypeInfo& info : kServedTypes) {
    if (info.type_url == type_url) return &info;
  }
  return nullptr;
}

}  // namespace weir::control
