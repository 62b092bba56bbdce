// Tested by test/routing/action_parser_test.cc

#include <memory>

#include "envoy/config/route/v3/route_components.pb.h"
#include "source/base/strings.h"
#include "source/routing/action_parser.h"
#include "source/routing/field_parser.h"
#include "source/routing/filter_config_parser.h"
#include "source/routing/folded_text.h"
#include "source/routing/hash_policy_parser.h"
#include "source/routing/header_mutations_parser.h"
#include "source/routing/metadata_match_parser.h"
#include "source/routing/path_rewrite_parser.h"
#include "source/routing/retry_policy_parser.h"

namespace weir::routing {

namespace {

namespace route_v3 = envoy::config::route::v3;
using route_v3::RouteAction;

ClusterRef ResolveCluster(const std::string& name, std::string_view field,
                          const ParseContext& context, config::Faults& faults) {
  if (name.empty()) {
    faults.Add(field, "must name a cluster");
    return {};
  }
  const absl::StatusOr<clusters::ClusterSlot*> slot = context.cluster_slot(name);
  if (slot.ok()) return {name, *slot};
  faults.Add(field, std::string(slot.status().message()));
  return {};
}

WeightedCluster ParseWeight(const route_v3::WeightedCluster::ClusterWeight& proto,
                            const ForwardAction& action, const ParseContext& context,
                            config::Faults& faults) {
  WeightedCluster out;
  out.cluster = ResolveCluster(proto.name(), "name", context, faults);
  out.weight = proto.weight().value();
  out.subset = ParseMetadataMatch(proto.metadata_match(), action.subset);
  out.host_rewrite = ParseUrlPart(proto.host_rewrite_literal(), "host_rewrite_literal", faults);
  out.request_headers = ParseRequestMutations(proto, context, faults);
  out.response_headers = ParseResponseMutations(proto, context, faults);
  out.filter_configs = ParseFilterConfigs(proto.typed_per_filter_config(), context, faults);
  return out;
}

void ParseWeights(const route_v3::WeightedCluster& proto, const ParseContext& context,
                  ForwardAction& out, config::Faults& faults) {
  for (int i = 0; i < proto.clusters_size(); ++i) {
    config::Faults::Scope scope(faults, "clusters", i);
    out.weighted.push_back(ParseWeight(proto.clusters(i), out, context, faults));
    out.total_weight += out.weighted.back().weight;
  }
  if (out.total_weight == 0) faults.Add("clusters", "the weights must not all be 0");
  if (out.total_weight > UINT32_MAX) {
    faults.Add("clusters", base::StrCat("the weights sum to ", out.total_weight,
                                        ", more than the 4294967295 that are allowed"));
  }
  if (proto.has_total_weight() && proto.total_weight().value() != out.total_weight) {
    faults.Add("total_weight", base::StrCat("is ", proto.total_weight().value(),
                                            ", but the weights sum to ", out.total_weight));
  }
  if (!proto.header_name().empty()) {
    out.random_header = ParseHeaderName(proto.header_name(), "header_name", faults);
  }
}

void ParseClusters(const RouteAction& proto, const ParseContext& context, ForwardAction& out,
                   config::Faults& faults) {
  out.subset = ParseMetadataMatch(proto.metadata_match(), nullptr);
  switch (proto.cluster_specifier_case()) {
    case RouteAction::kCluster:
      out.cluster = ResolveCluster(proto.cluster(), "cluster", context, faults);
      break;
    case RouteAction::kClusterHeader:
      out.cluster_header = ParseHeaderName(proto.cluster_header(), "cluster_header", faults);
      break;
    case RouteAction::kWeightedClusters: {
      config::Faults::Scope scope(faults, "weighted_clusters");
      ParseWeights(proto.weighted_clusters(), context, out, faults);
      break;
    }
    case RouteAction::CLUSTER_SPECIFIER_NOT_SET:
      faults.Add("", "one of cluster, cluster_header, weighted_clusters is required");
      break;
  }
}

void ParseHostRewrite(const RouteAction& proto, ForwardAction& out, config::Faults& faults) {
  switch (proto.host_rewrite_specifier_case()) {
    case RouteAction::kHostRewriteLiteral:
      out.host_rewrite = ParseUrlPart(proto.host_rewrite_literal(), "host_rewrite_literal", faults);
      break;
    case RouteAction::kAutoHostRewrite:
      out.auto_host_rewrite = proto.auto_host_rewrite().value();
      break;
    case RouteAction::kHostRewriteHeader:
      out.host_rewrite_header =
          ParseHeaderName(proto.host_rewrite_header(), "host_rewrite_header", faults);
      break;
    case RouteAction::HOST_REWRITE_SPECIFIER_NOT_SET:
      break;
  }
  out.append_x_forwarded_host = proto.append_x_forwarded_host();
}

void ParseGrpcTimeouts(const RouteAction& proto, ForwardAction& out, config::Faults& faults) {
  if (proto.has_max_grpc_timeout()) {
    out.max_grpc_timeout = ParseDuration(proto.max_grpc_timeout(), "max_grpc_timeout", faults);
  }
  out.grpc_timeout_offset =
      ParseDuration(proto.grpc_timeout_offset(), "grpc_timeout_offset", faults);
}

void ParseTimeouts(const RouteAction& proto, ForwardAction& out, config::Faults& faults) {
  if (proto.has_timeout()) out.timeout = ParseDuration(proto.timeout(), "timeout", faults);
  if (proto.has_idle_timeout()) {
    out.idle_timeout = ParseDuration(proto.idle_timeout(), "idle_timeout", faults);
  }
  ParseGrpcTimeouts(proto, out, faults);
  const auto& longest = proto.max_stream_duration();
  config::Faults::Scope scope(faults, "max_stream_duration");
  if (longest.has_max_stream_duration()) {
    out.max_stream_duration =
        ParseDuration(longest.max_stream_duration(), "max_stream_duration", faults);
  }
  if (longest.has_grpc_timeout_header_max()) {
    out.grpc_timeout_header_max =
        ParseDuration(longest.grpc_timeout_header_max(), "grpc_timeout_header_max", faults);
  }
  out.grpc_timeout_header_offset =
      ParseDuration(longest.grpc_timeout_header_offset(), "grpc_timeout_header_offset", faults);
}

void ParseUpgrades(const RouteAction& proto, ForwardAction& out, config::Faults& faults) {
  for (int i = 0; i < proto.upgrade_configs_size(); ++i) {
    const RouteAction::UpgradeConfig& upgrade = proto.upgrade_configs(i);
    const bool enabled = !upgrade.has_enabled() || upgrade.enabled().value();
    if (!out.upgrades.emplace(Folded(upgrade.upgrade_type()), enabled).second) {
      config::Faults::Scope scope(faults, "upgrade_configs", i);
      faults.Add("upgrade_type", base::StrCat("'", upgrade.upgrade_type(), "' is given twice"));
    }
  }
}

uint32_t NotFoundStatus(RouteAction::ClusterNotFoundResponseCode code) {
  switch (code) {
    case RouteAction::NOT_FOUND:
      return 404;
    case RouteAction::INTERNAL_SERVER_ERROR:
      return 500;
    default:
      return 503;
  }
}

}  // namespace

ForwardAction ParseForwardAction(const RouteAction& proto, const PathPattern& pattern,
                                 const RouteDefaults& defaults, const ParseContext& context,
                                 config::Faults& faults) {
  ForwardAction out;
  ParseClusters(proto, context, out, faults);
  ParseHostRewrite(proto, out, faults);
  out.path_rewrite = ParsePathRewrite(proto.prefix_rewrite(),
                                      proto.has_regex_rewrite() ? &proto.regex_rewrite() : nullptr,
                                      pattern, faults);
  ParseTimeouts(proto, out, faults);
  out.retry = defaults.retry;
  if (proto.has_retry_policy()) {
    config::Faults::Scope scope(faults, "retry_policy");
    out.retry = std::make_shared<const RetryPolicy>(ParseRetryPolicy(proto.retry_policy(), faults));
  }
  ParseUpgrades(proto, out, faults);
  out.hash_policies = ParseHashPolicies(proto, faults);
  out.cluster_not_found_status = NotFoundStatus(proto.cluster_not_found_response_code());
  out.priority = proto.priority() == envoy::config::core::v3::HIGH ? 1 : 0;
  return out;
}

}  // namespace weir::routing
