// Resources as text, and snapshots made of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "source/control/snapshot_builder.h"

namespace weir::control {

inline constexpr char kClusterUrl[] = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr char kEndpointsUrl[] =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr char kListenerUrl[] = "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr char kRoutesUrl[] = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

inline constexpr char kSecretUrl[] =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

// Entries of the lists clusters:, endpoints:, listeners:, routes: and secrets:.
inline std::string EdsCluster(const std::string& name, const std::string& timeout = "1s") {
  return absl::StrCat("- name: ", name, "\n  type: EDS\n  connect_timeout: ", timeout,
                      "\n  eds_cluster_config: {eds_config: {ads: {}}}\n");
}
inline std::string Endpoint(const std::string& cluster, int port) {
  return absl::StrCat("- cluster_name: ", cluster,
                      "\n  endpoints:\n  - lb_endpoints:\n    - endpoint: {address: "
                      "{socket_address: {address: 127.0.0.1, port_value: ",
                      port, "}}}\n");
}
inline std::string HttpListener(const std::string& name, const std::string& routes,
                                int port = 10000) {
  return absl::StrCat("- name: ", name,
                      "\n  address: {socket_address: {address: 127.0.0.1, port_value: ", port,
                      "}}\n  filter_chains:\n  - filters:\n"
                      "    - name: envoy.filters.network.http_connection_manager\n"
                      "      typed_config:\n"
                      "        \"@type\": type.googleapis.com/envoy.extensions.filters.network."
                      "http_connection_manager.v3.HttpConnectionManager\n"
                      "        stat_prefix: ingress\n"
                      "        rds: {route_config_name: ",
                      routes,
                      ", config_source: {ads: {}}}\n"
                      "        http_filters:\n        - name: envoy.filters.http.router\n"
                      "          typed_config: {\"@type\": type.googleapis.com/envoy.extensions."
                      "filters.http.router.v3.Router}\n");
}
inline std::string Routes(const std::string& name, const std::string& cluster) {
  return absl::StrCat("- name: ", name,
                      "\n  virtual_hosts:\n  - name: all\n    domains: [\"*\"]\n    routes:\n"
                      "    - match: {prefix: /}\n      route: {cluster: ",
                      cluster, "}\n");
}

inline std::string Secret(const std::string& name, const std::string& ca) {
  return absl::StrCat("- name: ", name, "\n  validation_context: {trusted_ca: {inline_string: ", ca,
                      "}}\n");
}

// A file with the lists that are not empty.
inline std::string FileText(const std::vector<std::string>& clusters,
                            const std::vector<std::string>& endpoints = {},
                            const std::vector<std::string>& listeners = {},
                            const std::vector<std::string>& routes = {}) {
  std::string text = "{}\n";
  auto add = [&](const char* list, const std::vector<std::string>& entries) {
    if (entries.empty()) return;
    if (text == "{}\n") text.clear();
    absl::StrAppend(&text, list, ":\n", absl::StrJoin(entries, ""));
  };
  add("clusters", clusters);
  add("endpoints", endpoints);
  add("listeners", listeners);
  add("routes", routes);
  return text;
}

inline std::shared_ptr<const Snapshot> MakeSnapshot(const std::string& text,
                                                    const Snapshot* previous = nullptr) {
  BuildResult result = BuildSnapshot({{"test.yaml", text}}, previous);
  EXPECT_EQ(absl::StrJoin(result.faults, "\n"), "") << text;
  return result.snapshot;
}

}  // namespace weir::control
