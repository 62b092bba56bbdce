#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/config/canonical_bytes.h"
#include "source/config/load.h"
#include "source/filter/access_log_parser.h"
#include "source/filter/registry.h"
#include "source/server/address_parser.h"
#include "source/server/listener_config.h"
#include "source/server/listener_filter_parser.h"
#include "source/server/socket_option_parser.h"

namespace weir::server {

namespace {

namespace v3 = envoy::config::listener::v3;
using config::Faults;
using CidrList = google::protobuf::RepeatedPtrField<envoy::config::core::v3::CidrRange>;

constexpr std::string_view kRawBuffer =
    "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";

// "127.0.0.1:80" → "127.0.0.1_80": a dot separates levels of names, a colon would not be valid.
std::string StatName(const ListenerConfig& config) {
  if (!config.stat_prefix.empty()) return config.stat_prefix;
  std::string name = config.addresses.front().ToString();
  for (char& c : name) {
    if (c == ':') c = '_';
  }
  return name;
}

std::vector<net::CidrRange> ParseRanges(const CidrList& protos, std::string_view field,
                                        Faults& faults) {
  std::vector<net::CidrRange> ranges;
  for (int i = 0; i < protos.size(); ++i) {
    auto range = net::CidrRange::Create(protos[i].address_prefix(), protos[i].prefix_len().value());
    if (range.ok()) {
      ranges.push_back(*range);
      continue;
    }
    Faults::Scope scope(faults, field, i);
    faults.Add("", std::string(range.status().message()));
  }
  return ranges;
}

FilterChainMatch ParseMatch(const v3::FilterChainMatch& proto, Faults& faults) {
  Faults::Scope scope(faults, "filter_chain_match");
  FilterChainMatch match;
  match.destination_port = proto.destination_port().value();
  match.destinations = ParseRanges(proto.prefix_ranges(), "prefix_ranges", faults);
  match.direct_sources =
      ParseRanges(proto.direct_source_prefix_ranges(), "direct_source_prefix_ranges", faults);
  match.sources = ParseRanges(proto.source_prefix_ranges(), "source_prefix_ranges", faults);
  match.transport_protocol = proto.transport_protocol();
  match.application_protocols.assign(proto.application_protocols().begin(),
                                     proto.application_protocols().end());
  match.source_ports.assign(proto.source_ports().begin(), proto.source_ports().end());
  match.source_type = static_cast<FilterChainMatch::SourceType>(proto.source_type());
  for (int i = 0; i < proto.server_names_size(); ++i) {
    const std::string& name = proto.server_names(i);
    const size_t star = name.find('*');
    if (star != std::string::npos && (star != 0 || name.size() < 3 || name[1] != '.')) {
      Faults::Scope item(faults, "server_names", i);
      faults.Add("", absl::StrCat("\"", name,
                                  "\" is no name: a wildcard stands for the whole first "
                                  "label, as in \"*.example.com\""));
    }
    match.server_names.push_back(absl::AsciiStrToLower(name));
  }
  return match;
}

// Remembers which route tables the filters of one chain subscribe to.
class RecordingRouteSource final : public filter::RouteSource {
 public:
  RecordingRouteSource(filter::RouteSource& source, FilterChain& chain)
      : source_(source), chain_(chain) {}
  std::shared_ptr<filter::RouteTableHandle> Subscribe(
      const envoy::config::core::v3::ConfigSource& source, std::string_view name,
      Faults& faults) override {
    auto handle = source_.Subscribe(source, name, faults);
    if (handle != nullptr) chain_.routes.push_back(handle);
    return handle;
  }

 private:
  filter::RouteSource& source_;
  FilterChain& chain_;
};

void ParseFilter(const v3::Filter& proto, bool is_last, const filter::FactoryContext& context,
                 FilterChain& chain, Faults& faults) {
  const filter::NetworkFilterFactory* factory =
      context.registry.FindNetworkFilter(proto.typed_config(), faults);
  if (factory == nullptr) return;
  std::shared_ptr<const filter::NetworkFilterConfig> parsed;
  {
    Faults::Scope scope(faults, "typed_config");
    parsed = factory->Parse(proto.typed_config(), context, faults);
  }
  if (parsed == nullptr) return;
  if (parsed->is_terminal() != is_last) {
    faults.Add("name", is_last ? absl::StrCat("\"", proto.name(),
                                              "\" is not a terminal filter, and the last must be "
                                              "one such as envoy.filters.network.tcp_proxy")
                               : absl::StrCat("\"", proto.name(),
                                              "\" is a terminal filter and must be the last"));
  } else if (is_last) {
    chain.terminal = std::move(parsed);
  } else {
    chain.gates.push_back(std::move(parsed));
  }
}

bool IsPlaintext(const envoy::config::core::v3::TransportSocket& proto) {
  if (std::string_view(config::TypeUrlOf(proto.typed_config())).ends_with(kRawBuffer)) return true;
  return !proto.has_typed_config() && proto.name() == "envoy.transport_sockets.raw_buffer";
}

// `stat_name`: the listener's.
void ParseTransport(const v3::FilterChain& proto, const filter::FactoryContext& context,
                    const std::string& stat_name, FilterChain& chain, Faults& faults) {
  if (proto.has_transport_socket_connect_timeout()) {
    const auto& timeout = proto.transport_socket_connect_timeout();
    chain.transport_connect_timeout_ms = timeout.seconds() * 1000 + timeout.nanos() / 1'000'000;
  }
  if (!proto.has_transport_socket() || IsPlaintext(proto.transport_socket())) return;
  Faults::Scope scope(faults, "transport_socket");
  const auto& config = proto.transport_socket().typed_config();
  const auto* factory = context.registry.FindServerTransport(config, faults);
  if (factory == nullptr) return;
  WEIR_CHECK(context.secrets != nullptr);
  const std::string prefix = absl::StrCat("listener.", stat_name);
  Faults::Scope inner(faults, "typed_config");
  chain.transport =
      factory->Parse(config, {context.main, context.stats, *context.secrets, prefix}, faults);
}

std::shared_ptr<const FilterChain> FindSame(const ListenerConfig* previous,
                                            const std::string& definition) {
  if (previous == nullptr) return nullptr;
  for (const auto& chain : previous->AllChains()) {
    if (chain->definition == definition) return chain;
  }
  return nullptr;
}

std::shared_ptr<const FilterChain> ParseChain(const v3::FilterChain& proto,
                                              const filter::FactoryContext& context,
                                              const std::string& stat_name,
                                              const ListenerConfig* previous, Faults& faults) {
  v3::FilterChain inside = proto;
  inside.clear_filter_chain_match();  // which connections it gets does not concern those it has
  std::string definition = config::CanonicalBytes(inside);
  if (auto same = FindSame(previous, definition)) return same;
  auto chain = std::make_shared<FilterChain>();
  chain->name = proto.name();
  chain->definition = std::move(definition);
  RecordingRouteSource routes(context.routes, *chain);
  const filter::FactoryContext inner{
      context.registry,      context.main,    context.stats,
      context.clusters,      routes,          context.node,
      context.listener_name, context.secrets, context.clusters_may_come,
      &chain->clusters,      context.health};
  ParseTransport(proto, context, stat_name, *chain, faults);
  if (proto.filters_size() == 0) {
    faults.Add("filters",
               "must not be empty: the last one must be a terminal filter such as "
               "envoy.filters.network.http_connection_manager");
  }
  for (int i = 0; i < proto.filters_size(); ++i) {
    Faults::Scope scope(faults, "filters", i);
    ParseFilter(proto.filters(i), i + 1 == proto.filters_size(), inner, *chain, faults);
  }
  return chain;
}

void ParseChains(const v3::Listener& proto, const filter::FactoryContext& context,
                 const ListenerConfig* previous, ListenerConfig& config, Faults& faults) {
  const std::string stat_name = config.addresses.empty() ? "" : StatName(config);
  for (int i = 0; i < proto.filter_chains_size(); ++i) {
    Faults::Scope scope(faults, "filter_chains", i);
    const v3::FilterChain& chain = proto.filter_chains(i);
    FilterChainMatch match = ParseMatch(chain.filter_chain_match(), faults);
    for (size_t other = 0; other < config.matches.size(); ++other) {
      if (config.matches[other] == match) {
        faults.Add("filter_chain_match",
                   absl::StrCat("is the same as that of filter_chains[", other, "]"));
      }
    }
    config.match_names.push_back(
        match.server_names.empty()
            ? nullptr
            : std::make_shared<const std::vector<std::string>>(match.server_names));
    config.matches.push_back(std::move(match));
    config.chains.push_back(ParseChain(chain, context, stat_name, previous, faults));
  }
  if (proto.has_default_filter_chain()) {
    Faults::Scope scope(faults, "default_filter_chain");
    config.default_chain =
        ParseChain(proto.default_filter_chain(), context, stat_name, previous, faults);
  }
  if (config.chains.empty() && config.default_chain == nullptr) {
    faults.Add("filter_chains", "must not be empty, or there must be a default_filter_chain");
  }
}

// Only a listener filter sees what a chain is chosen by before the handshake. Envoy accepts such a
// listener too, and its chains never match.
void WarnOfBlindMatches(const v3::Listener& proto, const ListenerConfig& config) {
  if (HasListenerFilter(proto, ".TlsInspector")) return;
  for (size_t i = 0; i < config.matches.size(); ++i) {
    const FilterChainMatch& match = config.matches[i];
    if (match.server_names.empty() && match.transport_protocol != "tls") continue;
    WEIR_LOG(kWarning, "config", "listener ", config.name, ": filter_chains[", i,
             "] matches on TLS (server_names, transport_protocol), but there is no "
             "envoy.filters.listener.tls_inspector in listener_filters: it will take nothing");
  }
}

void ParseAddresses(const v3::Listener& proto, ListenerConfig& config, Faults& faults) {
  if (!proto.has_address()) {
    faults.Add("address", "is required");
    return;
  }
  const auto add = [&](const envoy::config::core::v3::Address& address) {
    bool v4_mapped = false;
    auto parsed = ParseListenAddress(address, faults, v4_mapped);
    if (!parsed.has_value()) return;
    const bool is_free_port = parsed->is_ip() && parsed->port() == 0;
    if (!is_free_port &&
        std::count(config.addresses.begin(), config.addresses.end(), *parsed) > 0) {
      faults.Add("", absl::StrCat(parsed->ToString(), " is an address of this listener already"));
    }
    config.addresses.push_back(*parsed);
    if (v4_mapped) config.socket.v6_only = false;
    if (address.has_pipe() && address.pipe().mode() != 0) {
      config.socket.pipe_mode = address.pipe().mode();
    }
  };
  {
    Faults::Scope scope(faults, "address");
    add(proto.address());
  }
  for (int i = 0; i < proto.additional_addresses_size(); ++i) {
    Faults::Scope item(faults, "additional_addresses", i);
    Faults::Scope scope(faults, "address");
    add(proto.additional_addresses(i).address());
  }
}

void ParseSocketSettings(const v3::Listener& proto, ListenerConfig& config, Faults& faults) {
  config.bind_to_port = !proto.has_bind_to_port() || proto.bind_to_port().value();
  config.socket.reuse_port = !proto.has_enable_reuse_port() || proto.enable_reuse_port().value();
  config.socket.freebind = proto.freebind().value();
  config.socket.transparent = proto.transparent().value();
  config.socket.socket_options = ParseSocketOptions(proto.socket_options(), faults);
  if (proto.has_tcp_backlog_size()) {
    config.socket.backlog = static_cast<int>(proto.tcp_backlog_size().value());
  }
  if (proto.has_per_connection_buffer_limit_bytes()) {
    config.connection.output_limit_bytes = proto.per_connection_buffer_limit_bytes().value();
  }
  if (proto.has_listener_filters_timeout()) {
    const auto& timeout = proto.listener_filters_timeout();
    config.listener_filters_timeout_ms = timeout.seconds() * 1000 + timeout.nanos() / 1'000'000;
  }
  config.continue_on_listener_filters_timeout = proto.continue_on_listener_filters_timeout();
  if (proto.has_max_connections_to_accept_per_socket_event()) {
    config.max_accepts_per_turn = proto.max_connections_to_accept_per_socket_event().value();
  }
  config.connection.half_close = true;  // terminal filters decide what a peer's end means
}

}  // namespace

ListenerConfig::Choice ListenerConfig::ChainFor(const filter::AcceptedSocket& socket) const {
  const int found = FindFilterChain(matches, socket);
  if (found < 0) return {default_chain == nullptr ? nullptr : &default_chain, nullptr};
  const auto index = static_cast<size_t>(found);
  return {&chains[index], index < match_names.size() ? match_names[index] : nullptr};
}

std::vector<std::shared_ptr<const FilterChain>> ListenerConfig::AllChains() const {
  std::vector<std::shared_ptr<const FilterChain>> all = chains;
  if (default_chain != nullptr) all.push_back(default_chain);
  return all;
}

std::shared_ptr<const ListenerConfig> ParseListener(const v3::Listener& proto,
                                                    const filter::FactoryContext& context,
                                                    const ListenerConfig* previous,
                                                    Faults& faults) {
  const size_t before = faults.faults().size();
  auto config = std::make_shared<ListenerConfig>();
  config->name = proto.name();
  config->stat_prefix = proto.stat_prefix();
  ParseAddresses(proto, *config, faults);
  ParseSocketSettings(proto, *config, faults);
  ParseListenerFilters(proto, context, *config, faults);
  ParseChains(proto, context, previous, *config, faults);
  config->access_logs = filter::ParseAccessLogs(proto.access_log(), context, faults);
  if (faults.faults().size() != before) return nullptr;
  if (config->name.empty()) config->name = config->addresses.front().ToString();
  WarnOfBlindMatches(proto, *config);
  config->stats = context.stats.AddGroup<ListenerStats>(
      absl::StrCat("listener.", StatName(*config)), {{"envoy_listener_address", StatName(*config)}},
      "listener");
  return config;
}

}  // namespace weir::server
