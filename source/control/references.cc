#include "source/control/references.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace weir::control {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::listener::v3::FilterChain;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

void AppendRoutes(const FilterChain& chain, std::vector<std::string>& names) {
  for (const auto& filter : chain.filters()) {
    HttpConnectionManager manager;
    if (!filter.typed_config().Is<HttpConnectionManager>()) continue;
    if (!filter.typed_config().UnpackTo(&manager) || !manager.has_rds()) continue;
    names.push_back(manager.rds().route_config_name());
  }
}

}  // namespace

std::optional<std::string> EndpointsOf(const google::protobuf::Any& cluster) {
  Cluster message;
  if (!cluster.UnpackTo(&message) || message.type() != Cluster::EDS) return std::nullopt;
  const std::string& service = message.eds_cluster_config().service_name();
  return service.empty() ? message.name() : service;
}

std::vector<std::string> RoutesOf(const google::protobuf::Any& listener) {
  std::vector<std::string> names;
  Listener message;
  if (!listener.UnpackTo(&message)) return names;
  for (const FilterChain& chain : message.filter_chains()) AppendRoutes(chain, names);
  if (message.has_default_filter_chain()) AppendRoutes(message.default_filter_chain(), names);
  return names;
}

}  // namespace weir::control
