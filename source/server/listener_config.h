// A listener's settings: parsed once, immutable, shared by all workers.
// Source: envoy.config.listener.v3.Listener.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/config/faults.h"
#include "source/filter/access_log.h"
#include "source/filter/factory_context.h"
#include "source/filter/listener_filter.h"
#include "source/filter/network_filter.h"
#include "source/net/connection.h"
#include "source/net/listen_socket.h"
#include "source/net/transport_factory.h"
#include "source/server/filter_chain_match.h"
#include "source/server/listener_stats.h"

namespace envoy::config::listener::v3 {
class Listener;
}

namespace weir::server {

// Shared by successive versions of a listener as long as its definition stays the same, so that
// an edit elsewhere in the listener does not concern its connections.
struct FilterChain {
  std::string name;
  std::string definition;  // the serialised message: what "the same" means
  std::vector<std::shared_ptr<const filter::NetworkFilterConfig>> gates;
  std::shared_ptr<const filter::NetworkFilterConfig> terminal;
  std::shared_ptr<const net::ServerTransportFactory> transport;  // null: plaintext
  int64_t transport_connect_timeout_ms = 10'000;                 // 0: none
  // What it waits for before its listener goes live.
  std::vector<std::shared_ptr<filter::RouteTableHandle>> routes;
  std::vector<clusters::ClusterSlot*> clusters;  // that its filters name themselves
};

struct ListenerConfig {
  std::string name;
  std::string stat_prefix;
  std::vector<net::Address> addresses;  // at least one
  net::ListenOptions socket;
  bool bind_to_port = true;
  bool hands_over = false;  // use_original_dst: what was redirected, to the listener it was for
  uint32_t max_accepts_per_turn = 16;
  net::ConnectionOptions connection;

  std::vector<std::shared_ptr<const filter::ListenerFilterConfig>> listener_filters;
  int64_t listener_filters_timeout_ms = 5000;  // 0: none
  bool continue_on_listener_filters_timeout = false;

  std::vector<FilterChainMatch> matches;  // of chains, in the same order
  // Their server_names, for connections, which may outlive this configuration; null: it has none.
  std::vector<std::shared_ptr<const std::vector<std::string>>> match_names;
  std::vector<std::shared_ptr<const FilterChain>> chains;
  std::shared_ptr<const FilterChain> default_chain;  // null: no match closes the connection
  filter::AccessLogs access_logs;
  std::shared_ptr<stats::Group<ListenerStats>> stats;

  // What takes a connection: `chain` null when nothing does.
  struct Choice {
    const std::shared_ptr<const FilterChain>* chain = nullptr;
    // See match_names.
    std::shared_ptr<const std::vector<std::string>> server_names;
  };
  Choice ChainFor(const filter::AcceptedSocket& socket) const;
  // All chains, the default one included.
  std::vector<std::shared_ptr<const FilterChain>> AllChains() const;
};

// Null exactly when faults were added. Chains that `previous` (may be null) has in the same
// definition are taken over from it.
std::shared_ptr<const ListenerConfig> ParseListener(
    const envoy::config::listener::v3::Listener& proto, const filter::FactoryContext& context,
    const ListenerConfig* previous, config::Faults& faults);

}  // namespace weir::server
