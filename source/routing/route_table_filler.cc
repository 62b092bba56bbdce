// Tested by test/routing/route_table_reader_test.cc
#include "source/routing/route_table_filler.h"

#include <cstdint>
#include <utility>

#include "envoy/config/route/v3/route.pb.h"
#include "source/base/strings.h"
#include "source/routing/field_parser.h"
#include "source/routing/filter_config_parser.h"
#include "source/routing/header_mutations_parser.h"

namespace weir::routing {

namespace route_v3 = envoy::config::route::v3;

RouteTableFiller::RouteTableFiller(const route_v3::RouteConfiguration& proto,
                                   const ParseContext& context, config::Faults& faults)
    : faults_(faults),
      faults_before_(faults.faults().size()),
      ignores_port_(proto.ignore_port_in_host_matching()),
      table_(new RouteTable),
      index_(std::make_unique<RouteTable::Index>()) {
  if (proto.has_max_direct_response_body_size_bytes()) {
    index_->defaults.max_direct_response_bytes =
        proto.max_direct_response_body_size_bytes().value();
  }
  FillTable(proto, context);
}

RouteTableFiller::~RouteTableFiller() = default;

void RouteTableFiller::FillTable(const route_v3::RouteConfiguration& proto,
                                 const ParseContext& context) {
  table_->name_ = proto.name();
  table_->request_headers_ = ParseRequestMutations(proto, context, faults_);
  table_->response_headers_ = ParseResponseMutations(proto, context, faults_);
  table_->filter_configs_ = ParseFilterConfigs(proto.typed_per_filter_config(), context, faults_);
  table_->most_specific_mutations_win_ = proto.most_specific_header_mutations_wins();
  if (proto.has_metadata()) {
    faults_.AddIgnored("metadata", "nothing reads a route table's metadata");
  }
  for (int i = 0; i < proto.internal_only_headers_size(); ++i) {
    config::Faults::Scope scope(faults_, "internal_only_headers", i);
    table_->internal_only_headers_.push_back(
        ParseHeaderName(proto.internal_only_headers(i), "", faults_));
  }
}

const RouteDefaults& RouteTableFiller::defaults() const { return index_->defaults; }

void RouteTableFiller::AddDomains(const std::vector<std::string_view>& domains) {
  if (domains.empty()) faults_.Add("domains", "must not be empty");
  const auto virtual_host = static_cast<uint32_t>(index_->virtual_hosts.size());
  for (size_t i = 0; i < domains.size(); ++i) {
    config::Faults::Scope scope(faults_, "domains", i);
    if (const char* fault = FaultOfDomain(domains[i]); fault != nullptr) {
      faults_.Add("", base::StrCat("'", domains[i], "' ", fault));
    } else if (!hosts_.Add(domains[i], virtual_host)) {
      faults_.Add("", base::StrCat("'", domains[i], "' is given twice in this table"));
    }
  }
}

void RouteTableFiller::AddVirtualHost(std::shared_ptr<const VirtualHostEntry> virtual_host) {
  index_->virtual_hosts.push_back(std::move(virtual_host));
}

std::unique_ptr<const RouteTable> RouteTableFiller::Finish() && {
  if (faults_.faults().size() != faults_before_) return nullptr;
  index_->hosts = std::move(hosts_).Build(ignores_port_);
  table_->index_ = std::move(index_);
  return std::move(table_);
}

}  // namespace weir::routing
