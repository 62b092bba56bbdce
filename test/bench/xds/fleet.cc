#include "test/bench/xds/fleet.h"

#include <algorithm>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "google/protobuf/any.pb.h"

namespace weir::bench {
namespace {

using envoy::config::cluster::v3::Cluster;
using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::listener::v3::Listener;
using envoy::config::route::v3::RouteConfiguration;
using envoy::extensions::filters::http::router::v3::Router;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

constexpr std::string_view kTypeUrls[kKinds] = {
    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "type.googleapis.com/envoy.config.listener.v3.Listener",
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"};
constexpr char kServingListener[] = "fleet", kOtherListener[] = "other", kRoutes[] = "fleet";
constexpr int kMostProbed = 100;
// An endpoint's address: 127, this and the endpoint's number, two bytes of the cluster's number. A
// moved one has its generation in place of the endpoint's number.
constexpr int kFirstEndpoint = 1, kFirstMoved = 100, kMovedPlaces = 150;

void SetAddress(envoy::config::core::v3::Address& address, const std::string& ip, uint16_t port) {
  address.mutable_socket_address()->set_address(ip);
  address.mutable_socket_address()->set_port_value(port);
}

HttpConnectionManager Manager(uint32_t generation) {
  HttpConnectionManager manager;
  manager.set_stat_prefix("fleet");
  manager.mutable_generate_request_id()->set_value(false);
  manager.mutable_common_http_protocol_options()->mutable_idle_timeout()->set_seconds(3600 +
                                                                                      generation);
  manager.mutable_rds()->set_route_config_name(kRoutes);
  auto& source = *manager.mutable_rds()->mutable_config_source();
  source.mutable_ads();
  source.set_resource_api_version(envoy::config::core::v3::V3);
  auto& router = *manager.add_http_filters();
  router.set_name("envoy.filters.http.router");
  router.mutable_typed_config()->PackFrom(Router());
  return manager;
}

}  // namespace

std::string_view TypeUrl(Kind kind) { return kTypeUrls[static_cast<size_t>(kind)]; }

std::optional<Kind> KindOf(std::string_view type_url) {
  const auto* const found = std::find(std::begin(kTypeUrls), std::end(kTypeUrls), type_url);
  if (found == std::end(kTypeUrls)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(kTypeUrls));
}

std::string Ipv4Text(uint32_t address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address >> shift & 255) + (shift > 0 ? "." : "");
  }
  return text;
}

Fleet::Fleet(const FleetPlan& plan)
    : plan_(plan), probe_stride_(std::max(1, plan.clusters / kMostProbed)) {
  for (int i = 0; i < plan.clusters; ++i) {
    const std::string name = "c" + std::to_string(i);
    members_.push_back({name, name});
    PutCluster(i);
    PutEndpoints(i);
  }
  PutRoutes();
  PutListener(kServingListener, plan.listener_port, 0);
  PutListener(kOtherListener, 0, 0);
}

std::vector<int> Fleet::Probed() const {
  std::vector<int> probed;
  for (int i = 0; i < plan_.clusters; i += probe_stride_) probed.push_back(i);
  return probed;
}

Edit Fleet::MoveEndpoint(int cluster) {
  ++members_[cluster].address_generation;
  PutEndpoints(cluster);
  Edit edit = EditOf(cluster);
  edit.pushes = {{Kind::kEndpoints, {members_[cluster].eds_name}, {}}};
  return edit;
}

Edit Fleet::ReplaceCluster(int cluster) {
  Member& member = members_[cluster];
  Push clusters{Kind::kClusters, {member.name}, {}};
  Push endpoints{Kind::kEndpoints, {}, {}};
  ForgetEndpoints(member.former_eds_name, endpoints);
  member.former_eds_name = member.eds_name;
  ++member.address_generation;
  ++member.definition_generation;
  member.eds_name = member.name + "~" + std::to_string(member.definition_generation);
  endpoints.names = {member.eds_name};
  PutCluster(cluster);
  PutEndpoints(cluster);
  Edit edit = EditOf(cluster);
  edit.pushes = {std::move(clusters), std::move(endpoints)};
  return edit;
}

Edit Fleet::RenameCluster(int cluster) {
  Member& member = members_[cluster];
  Push clusters{Kind::kClusters, {}, {member.name}};
  Push endpoints{Kind::kEndpoints, {}, {}};
  items_[static_cast<size_t>(Kind::kClusters)].erase(member.name);
  ForgetEndpoints(member.former_eds_name, endpoints);
  member.former_eds_name = member.eds_name;
  ++member.address_generation;
  ++member.definition_generation;
  member.name = "c" + std::to_string(cluster) + "." + std::to_string(member.definition_generation);
  member.eds_name = member.name;
  clusters.names = {member.name};
  endpoints.names = {member.name};
  PutCluster(cluster);
  PutEndpoints(cluster);
  PutRoutes();
  Edit edit = EditOf(cluster);
  edit.pushes = TouchListener(false).pushes;
  edit.pushes.insert(edit.pushes.end(), {std::move(clusters), std::move(endpoints),
                                         Push{Kind::kRoutes, {kRoutes}, {}}});
  return edit;
}

Edit Fleet::TouchListener(bool is_serving_one) {
  const std::string name = is_serving_one ? kServingListener : kOtherListener;
  PutListener(name, is_serving_one ? plan_.listener_port : 0, ++listener_generation_);
  Edit edit;
  edit.pushes = {{Kind::kListeners, {name}, {}}};
  return edit;
}

Edit Fleet::EditOf(int cluster) const {
  Edit edit;
  edit.host = HostOf(cluster);
  edit.answer = Ipv4Text(AddressOf(cluster, 0, members_[cluster].address_generation));
  return edit;
}

uint32_t Fleet::AddressOf(int cluster, int endpoint, uint32_t generation) const {
  const uint32_t place = endpoint > 0 || generation == 0 ? kFirstEndpoint + endpoint
                                                         : kFirstMoved + generation % kMovedPlaces;
  return 127U << 24 | place << 16 | static_cast<uint32_t>(cluster);
}

void Fleet::Put(Kind kind, const std::string& name, const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  Item& item = items_[static_cast<size_t>(kind)][name];
  item.version = ++version_;
  item.body = any.SerializeAsString();
}

void Fleet::PutCluster(int index) {
  const Member& member = members_[index];
  Cluster cluster;
  cluster.set_name(member.name);
  cluster.set_type(Cluster::EDS);
  cluster.mutable_connect_timeout()->set_seconds(5);
  auto& eds = *cluster.mutable_eds_cluster_config();
  eds.mutable_eds_config()->mutable_ads();
  eds.mutable_eds_config()->set_resource_api_version(envoy::config::core::v3::V3);
  if (member.eds_name != member.name) eds.set_service_name(member.eds_name);
  Put(Kind::kClusters, member.name, cluster);
}

void Fleet::PutEndpoints(int index) {
  const Member& member = members_[index];
  ClusterLoadAssignment assignment;
  assignment.set_cluster_name(member.eds_name);
  for (int i = 0; i < plan_.endpoints; ++i) {
    if (i == 0 || (i == 1 && IsProbed(index))) assignment.add_endpoints()->set_priority(i);
    auto& locality = *assignment.mutable_endpoints(assignment.endpoints_size() - 1);
    SetAddress(*locality.add_lb_endpoints()->mutable_endpoint()->mutable_address(),
               Ipv4Text(AddressOf(index, i, member.address_generation)), plan_.backend_port);
  }
  Put(Kind::kEndpoints, member.eds_name, assignment);
}

void Fleet::PutRoutes() {
  RouteConfiguration routes;
  routes.set_name(kRoutes);
  const int count = plan_.routes < 0 ? plan_.clusters : std::min(plan_.routes, plan_.clusters);
  for (int i = plan_.clusters - count; i < plan_.clusters; ++i) {
    auto& host = *routes.add_virtual_hosts();
    host.set_name(HostOf(i));
    host.add_domains(HostOf(i));
    auto& route = *host.add_routes();
    route.mutable_match()->set_prefix("/");
    route.mutable_route()->set_cluster(members_[i].name);
  }
  Put(Kind::kRoutes, kRoutes, routes);
}

void Fleet::PutListener(const std::string& name, uint16_t port, uint32_t generation) {
  Listener listener;
  listener.set_name(name);
  SetAddress(*listener.mutable_address(), "127.0.0.1", port);
  auto& filter = *listener.add_filter_chains()->add_filters();
  filter.set_name("envoy.filters.network.http_connection_manager");
  filter.mutable_typed_config()->PackFrom(Manager(generation));
  Put(Kind::kListeners, name, listener);
}

void Fleet::ForgetEndpoints(std::string& eds_name, Push& push) {
  if (eds_name.empty()) return;
  items_[static_cast<size_t>(Kind::kEndpoints)].erase(eds_name);
  push.removed.push_back(std::exchange(eds_name, {}));
}

}  // namespace weir::bench
