// Tested by test/routing/route_parser_test.cc

#include "source/routing/virtual_host_parser.h"

#include <memory>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/routing/filter_config_parser.h"
#include "source/routing/header_mutations_parser.h"
#include "source/routing/match_parser.h"
#include "source/routing/retry_policy_parser.h"

namespace weir::routing {

namespace {

namespace route_v3 = envoy::config::route::v3;

PathIndex::Entry ParseRoute(const route_v3::Route& proto, const VirtualHost& virtual_host,
                            const RouteDefaults& defaults, const ParseContext& context,
                            config::Faults& faults) {
  PathIndex::Entry out;
  {
    config::Faults::Scope scope(faults, "match");
    ParsedMatch match = ParseMatch(proto.match(), faults);
    out.pattern = std::move(match.pattern);
    out.conditions = std::move(match.conditions);
  }
  Route& route = out.route;
  route.name = proto.name();
  route.virtual_host = &virtual_host;
  route.action = ParseAction(proto, out.pattern, defaults, context, faults);
  route.request_headers = ParseRequestMutations(proto, context, faults);
  route.response_headers = ParseResponseMutations(proto, context, faults);
  route.filter_configs = ParseFilterConfigs(proto.typed_per_filter_config(), context, faults);
  if (!proto.stat_prefix().empty()) {
    faults.AddIgnored("stat_prefix", "routes have no statistics of their own");
  }
  if (proto.has_metadata()) faults.AddIgnored("metadata", "nothing reads a route's metadata");
  return out;
}

VirtualHost::RequireTls ParseRequireTls(route_v3::VirtualHost::TlsRequirementType type) {
  switch (type) {
    case route_v3::VirtualHost::EXTERNAL_ONLY:
      return VirtualHost::RequireTls::kExternalOnly;
    case route_v3::VirtualHost::ALL:
      return VirtualHost::RequireTls::kAll;
    default:
      return VirtualHost::RequireTls::kNone;
  }
}

}  // namespace

VirtualHostParser::VirtualHostParser(const route_v3::VirtualHost& proto,
                                     const RouteDefaults& defaults, const ParseContext& context,
                                     config::Faults& faults)
    : entry_(std::make_unique<VirtualHostEntry>()), defaults_(defaults) {
  VirtualHost& virtual_host = entry_->virtual_host;
  virtual_host.name = proto.name();
  virtual_host.require_tls = ParseRequireTls(proto.require_tls());
  virtual_host.sends_attempt_count = proto.include_request_attempt_count();
  virtual_host.returns_attempt_count = proto.include_attempt_count_in_response();
  virtual_host.request_headers = ParseRequestMutations(proto, context, faults);
  virtual_host.response_headers = ParseResponseMutations(proto, context, faults);
  virtual_host.filter_configs =
      ParseFilterConfigs(proto.typed_per_filter_config(), context, faults);
  if (proto.has_metadata()) {
    faults.AddIgnored("metadata", "nothing reads a virtual host's metadata");
  }
  if (proto.has_retry_policy()) {
    config::Faults::Scope scope(faults, "retry_policy");
    virtual_host.retry = defaults_.retry =
        std::make_shared<const RetryPolicy>(ParseRetryPolicy(proto.retry_policy(), faults));
  }
}

void VirtualHostParser::AddRoute(const route_v3::Route& proto, const ParseContext& context,
                                 config::Faults& faults) {
  routes_.push_back(ParseRoute(proto, entry_->virtual_host, defaults_, context, faults));
}

std::unique_ptr<VirtualHostEntry> VirtualHostParser::Finish() && {
  entry_->paths = std::make_unique<PathIndex>(std::move(routes_));
  return std::move(entry_);
}

std::unique_ptr<const VirtualHostEntry> ParseVirtualHost(const route_v3::VirtualHost& proto,
                                                         const RouteDefaults& defaults,
                                                         const ParseContext& context,
                                                         config::Faults& faults) {
  VirtualHostParser parser(proto, defaults, context, faults);
  parser.Reserve(proto.routes_size());
  for (int i = 0; i < proto.routes_size(); ++i) {
    config::Faults::Scope scope(faults, "routes", i);
    parser.AddRoute(proto.routes(i), context, faults);
  }
  return std::move(parser).Finish();
}

}  // namespace weir::routing
