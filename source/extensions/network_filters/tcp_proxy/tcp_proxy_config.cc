#include "source/extensions/network_filters/tcp_proxy/tcp_proxy_config.h"

#include "absl/strings/str_cat.h"
#include "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.pb.h"
#include "source/config/load.h"
#include "source/extensions/network_filters/tcp_proxy/tcp_proxy.h"
#include "source/filter/access_log_parser.h"
#include "source/routing/metadata_match_parser.h"

namespace weir::extensions::tcp_proxy {

namespace {

using ProtoConfig = envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

int64_t Milliseconds(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1000 + duration.nanos() / 1'000'000;
}

void ParseTargets(const ProtoConfig& proto, const filter::FactoryContext& context,
                  TcpProxyConfig& config) {
  const auto subset = routing::ParseMetadataMatch(proto.metadata_match(), nullptr);
  if (!proto.has_weighted_clusters()) {
    config.targets.push_back({&context.SlotOf(proto.cluster()), 1, subset});
    return;
  }
  config.total_weight = 0;
  for (const auto& cluster : proto.weighted_clusters().clusters()) {
    config.targets.push_back({&context.SlotOf(cluster.name()), cluster.weight(),
                              routing::ParseMetadataMatch(cluster.metadata_match(), subset)});
    config.total_weight += cluster.weight();
  }
}

void ParseHashPolicy(const ProtoConfig& proto, TcpProxyConfig& config, config::Faults& faults) {
  for (const auto& policy : proto.hash_policy()) {
    config.hashes_source_ip = policy.has_source_ip();
    if (!policy.has_filter_state()) continue;
    faults.AddIgnored("hash_policy[0].filter_state",
                      "there is no filter state: it never yields a hash");
  }
}

class TcpProxyFilterConfig final : public filter::NetworkFilterConfig {
 public:
  explicit TcpProxyFilterConfig(std::shared_ptr<const TcpProxyConfig> config)
      : config_(std::move(config)) {}
  std::unique_ptr<filter::TerminalFilter> CreateTerminal(
      const filter::ConnectionContext& context) const override {
    return std::make_unique<TcpProxy>(config_, context);
  }
  bool is_terminal() const override { return true; }

 private:
  const std::shared_ptr<const TcpProxyConfig> config_;
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  filter::ExtensionId id() const override {
    return {"envoy.filters.network.tcp_proxy",
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"};
  }

  std::shared_ptr<const filter::NetworkFilterConfig> Parse(const google::protobuf::Any& any,
                                                           const filter::FactoryContext& context,
                                                           config::Faults& faults) const override {
    ProtoConfig proto;
    if (!config::Unpack(any, proto, faults)) return nullptr;
    const size_t before = faults.faults().size();
    auto config = std::make_shared<TcpProxyConfig>();
    config->access_logs = filter::ParseAccessLogs(proto.access_log(), context, faults);
    if (faults.faults().size() != before) return nullptr;
    if (proto.cluster_specifier_case() == ProtoConfig::kCluster && proto.cluster().empty()) {
      faults.Add("cluster", "must not be empty");
      return nullptr;
    }
    ParseTargets(proto, context, *config);
    if (proto.has_idle_timeout()) config->idle_timeout_ms = Milliseconds(proto.idle_timeout());
    config->max_duration_ms = Milliseconds(proto.max_downstream_connection_duration());
    if (proto.has_max_connect_attempts()) {
      config->max_connect_attempts = proto.max_connect_attempts().value();
    }
    ParseHashPolicy(proto, *config, faults);
    config->stats =
        context.stats.AddGroup<TcpProxyStats>(absl::StrCat("tcp.", proto.stat_prefix()),
                                              {{"envoy_tcp_prefix", proto.stat_prefix()}}, "tcp");
    return std::make_shared<TcpProxyFilterConfig>(std::move(config));
  }
};

}  // namespace

std::unique_ptr<filter::NetworkFilterFactory> CreateFactory() {
  return std::make_unique<Factory>();
}

}  // namespace weir::extensions::tcp_proxy
