#include "source/clusters/dns_config_parser.h"

#include <string>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "source/base/strings.h"
#include "source/clusters/duration_parser.h"
#include "source/clusters/endpoint_parser.h"
#include "source/config/load.h"

namespace weir::clusters {
namespace {

namespace cluster = envoy::config::cluster::v3;
namespace core = envoy::config::core::v3;
namespace cares = envoy::extensions::network::dns_resolver::cares::v3;
using config::Faults;

constexpr std::string_view kCaresType =
    "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig";

net::DnsFamily ParseFamily(const cluster::Cluster& proto, Faults& faults) {
  switch (proto.dns_lookup_family()) {
    case cluster::Cluster::AUTO:
      return net::DnsFamily::kAuto;
    case cluster::Cluster::V4_ONLY:
      return net::DnsFamily::kV4Only;
    case cluster::Cluster::V6_ONLY:
      return net::DnsFamily::kV6Only;
    case cluster::Cluster::V4_PREFERRED:
      return net::DnsFamily::kV4Preferred;
    case cluster::Cluster::ALL:
      return net::DnsFamily::kAll;
    default:
      break;
  }
  faults.Add("dns_lookup_family",
             base::StrCat("unknown value ", static_cast<int>(proto.dns_lookup_family())));
  return net::DnsFamily::kAuto;
}

void ParseServers(const google::protobuf::RepeatedPtrField<core::Address>& servers,
                  std::string_view field, net::DnsOptions& options, Faults& faults) {
  for (int i = 0; i < servers.size(); ++i) {
    Faults::Scope scope(faults, field, i);
    if (!servers[i].has_socket_address()) {
      faults.Add("", "must be a socket_address");
      continue;
    }
    // A name server's protocol is UDP as a rule; use_tcp_for_dns_lookups decides which is used.
    core::SocketAddress server = servers[i].socket_address();
    server.set_protocol(core::SocketAddress::TCP);
    if (server.port_value() == 0) server.set_port_value(53);
    net::Address address = ParseSocketAddress(server, "socket_address", faults);
    if (address.is_set()) options.resolvers.push_back(std::move(address));
  }
}

void ParseResolverOptions(const core::DnsResolverOptions& proto, std::string_view field,
                          net::DnsOptions& options, Faults& faults) {
  Faults::Scope scope(faults, field);
  options.use_tcp = proto.use_tcp_for_dns_lookups();
  if (proto.no_default_search_domain()) {
    faults.Add("no_default_search_domain", "is not implemented for a cluster");
  }
}

std::optional<net::DnsOptions> ParseTyped(const core::TypedExtensionConfig& proto, Faults& faults) {
  Faults::Scope scope(faults, "typed_dns_resolver_config.typed_config");
  if (config::TypeUrlOf(proto.typed_config()) != kCaresType) {
    faults.Add("", "only the c-ares resolver is implemented");
    return std::nullopt;
  }
  cares::CaresDnsResolverConfig resolver;
  if (!config::Unpack(proto.typed_config(), resolver, faults)) return std::nullopt;
  if (resolver.use_resolvers_as_fallback()) {
    faults.Add("use_resolvers_as_fallback", "is not implemented for a cluster");
  }
  net::DnsOptions options;
  ParseServers(resolver.resolvers(), "resolvers", options, faults);
  ParseResolverOptions(resolver.dns_resolver_options(), "dns_resolver_options", options, faults);
  return options;
}

std::optional<net::DnsOptions> ParseResolver(const cluster::Cluster& proto, Faults& faults) {
  if (proto.has_typed_dns_resolver_config()) {
    return ParseTyped(proto.typed_dns_resolver_config(), faults);
  }
  net::DnsOptions options;
  if (proto.has_dns_resolution_config()) {
    Faults::Scope scope(faults, "dns_resolution_config");
    const core::DnsResolutionConfig& resolution = proto.dns_resolution_config();
    ParseServers(resolution.resolvers(), "resolvers", options, faults);
    ParseResolverOptions(resolution.dns_resolver_options(), "dns_resolver_options", options,
                         faults);
    return options;
  }
  if (proto.dns_resolvers_size() == 0 && !proto.use_tcp_for_dns_lookups()) return std::nullopt;
  ParseServers(proto.dns_resolvers(), "dns_resolvers", options, faults);
  options.use_tcp = proto.use_tcp_for_dns_lookups();
  return options;
}

// A positive duration in milliseconds, or `otherwise` when it is not set.
int64_t ParseWait(bool is_set, const google::protobuf::Duration& proto, int64_t otherwise,
                  std::string_view field, Faults& faults) {
  if (!is_set) return otherwise;
  const int64_t wait_ms = ParseMs(proto);
  if (wait_ms <= 0) faults.Add(field, "must be greater than 0s");
  return wait_ms;
}

}  // namespace

std::shared_ptr<const upstream::DnsConfig> ParseDns(const cluster::Cluster& proto, Faults& faults) {
  auto config = std::make_shared<upstream::DnsConfig>();
  config->family = ParseFamily(proto, faults);
  config->refresh_ms = ParseWait(proto.has_dns_refresh_rate(), proto.dns_refresh_rate(),
                                 config->refresh_ms, "dns_refresh_rate", faults);
  config->respects_ttl = proto.respect_dns_ttl();
  config->jitter_ms = ParseMs(proto.dns_jitter());
  if (config->jitter_ms < 0) faults.Add("dns_jitter", "must not be negative");
  if (proto.has_dns_failure_refresh_rate()) {
    Faults::Scope scope(faults, "dns_failure_refresh_rate");
    const auto& rate = proto.dns_failure_refresh_rate();
    if (!rate.has_base_interval()) faults.Add("base_interval", "is required");
    config->failure_base_ms =
        ParseWait(rate.has_base_interval(), rate.base_interval(), 1, "base_interval", faults);
    config->failure_max_ms = ParseWait(rate.has_max_interval(), rate.max_interval(),
                                       config->failure_base_ms * 10, "max_interval", faults);
    if (config->failure_max_ms < config->failure_base_ms) {
      faults.Add("max_interval", "must not be less than base_interval");
    }
  }
  config->resolver = ParseResolver(proto, faults);
  return config;
}

}  // namespace weir::clusters
