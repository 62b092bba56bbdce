#include "source/routing/route_parser.h"

#include "envoy/config/route/v3/route.pb.h"
#include "source/base/strings.h"
#include "source/routing/field_parser.h"
#include "source/routing/filter_config_parser.h"
#include "source/routing/header_mutations_parser.h"
#include "source/routing/route_table_index.h"
#include "source/routing/virtual_host_parser.h"

namespace weir::routing {

namespace route_v3 = envoy::config::route::v3;

// Fills a RouteTable; what it cannot fill is a fault.
class RouteTableBuilder {
 public:
  RouteTableBuilder(const route_v3::RouteConfiguration& proto, const ParseContext& context,
                    config::Faults& faults)
      : proto_(proto), context_(context), faults_(faults) {}

  std::unique_ptr<const RouteTable> Build() {
    std::unique_ptr<RouteTable> table(new RouteTable);
    table->name_ = proto_.name();
    table->request_headers_ = ParseRequestMutations(proto_, context_, faults_);
    table->response_headers_ = ParseResponseMutations(proto_, context_, faults_);
    table->filter_configs_ =
        ParseFilterConfigs(proto_.typed_per_filter_config(), context_, faults_);
    table->most_specific_mutations_win_ = proto_.most_specific_header_mutations_wins();
    if (proto_.has_metadata()) {
      faults_.AddIgnored("metadata", "nothing reads a route table's metadata");
    }
    AddInternalOnlyHeaders(*table);
    table->index_ = BuildIndex();
    return table;
  }

 private:
  void AddInternalOnlyHeaders(RouteTable& table) {
    for (int i = 0; i < proto_.internal_only_headers_size(); ++i) {
      config::Faults::Scope scope(faults_, "internal_only_headers", i);
      table.internal_only_headers_.push_back(
          ParseHeaderName(proto_.internal_only_headers(i), "", faults_));
    }
  }

  std::unique_ptr<const RouteTable::Index> BuildIndex() {
    RouteDefaults defaults;
    if (proto_.has_max_direct_response_body_size_bytes()) {
      defaults.max_direct_response_bytes = proto_.max_direct_response_body_size_bytes().value();
    }
    auto index = std::make_unique<RouteTable::Index>();
    HostIndex::Builder hosts;
    for (int i = 0; i < proto_.virtual_hosts_size(); ++i) {
      config::Faults::Scope scope(faults_, "virtual_hosts", i);
      AddDomains(proto_.virtual_hosts(i), i, hosts);
      index->virtual_hosts.push_back(
          ParseVirtualHost(proto_.virtual_hosts(i), defaults, context_, faults_));
    }
    index->hosts = std::move(hosts).Build(proto_.ignore_port_in_host_matching());
    return index;
  }

  void AddDomains(const route_v3::VirtualHost& proto, int virtual_host, HostIndex::Builder& hosts) {
    if (proto.domains().empty()) faults_.Add("domains", "must not be empty");
    for (int i = 0; i < proto.domains_size(); ++i) {
      config::Faults::Scope scope(faults_, "domains", i);
      const std::string& domain = proto.domains(i);
      if (const char* fault = FaultOfDomain(domain); fault != nullptr) {
        faults_.Add("", base::StrCat("'", domain, "' ", fault));
      } else if (!hosts.Add(domain, static_cast<uint32_t>(virtual_host))) {
        faults_.Add("", base::StrCat("'", domain, "' is given twice in this table"));
      }
    }
  }

  const route_v3::RouteConfiguration& proto_;
  const ParseContext& context_;
  config::Faults& faults_;
};

namespace {

absl::StatusOr<upstream::ClusterSlot*> NoSlot(std::string_view) { return nullptr; }

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
  const size_t faults_before = faults.faults().size();
  auto table = RouteTableBuilder(proto, context, faults).Build();
  return faults.faults().size() == faults_before ? std::move(table) : nullptr;
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
