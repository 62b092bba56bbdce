#include "source/routing/route_parser.h"

#include "envoy/config/route/v3/route.pb.h"
#include "source/base/strings.h"
#include "source/routing/route_table_filler.h"
#include "source/routing/virtual_host_parser.h"

namespace weir::routing {

namespace route_v3 = envoy::config::route::v3;

namespace {

absl::StatusOr<clusters::ClusterSlot*> NoSlot(std::string_view) { return nullptr; }

absl::StatusOr<std::shared_ptr<const ValueTemplate>> NoTemplate(std::string_view text) {
  return absl::InvalidArgumentError(
      base::StrCat("'", text, "' has % operators, which nobody evaluates here"));
}

std::shared_ptr<const FilterConfig> NoFilterConfig(const std::string& filter_name,
                                                   const google::protobuf::Any&,
                                                   config::Faults& faults) {
  faults.Add("", base::StrCat("there is no filter '", filter_name, "' here"));
  return nullptr;
}

}  // namespace

const ParseContext& BareContext() {
  static const ParseContext context = {NoSlot, NoTemplate, NoFilterConfig};
  return context;
}

std::unique_ptr<const RouteTable> ParseRouteTable(const route_v3::RouteConfiguration& proto,
                                                  const ParseContext& context,
                                                  config::Faults& faults) {
  RouteTableFiller filler(proto, context, faults);
  for (int i = 0; i < proto.virtual_hosts_size(); ++i) {
    config::Faults::Scope scope(faults, "virtual_hosts", i);
    const route_v3::VirtualHost& virtual_host = proto.virtual_hosts(i);
    filler.AddDomains({virtual_host.domains().begin(), virtual_host.domains().end()});
    filler.AddVirtualHost(ParseVirtualHost(virtual_host, filler.defaults(), context, faults));
  }
  return std::move(filler).Finish();
}

std::vector<std::string> ClusterNames(const route_v3::RouteConfiguration& proto) {
  std::vector<std::string> names;
  absl::flat_hash_set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && seen.insert(name).second) names.push_back(name);
  };
  for (const route_v3::VirtualHost& virtual_host : proto.virtual_hosts()) {
    for (const route_v3::Route& route : virtual_host.routes()) {
      add(route.route().cluster());
      for (const auto& weight : route.route().weighted_clusters().clusters()) add(weight.name());
    }
  }
  return names;
}

}  // namespace weir::routing
