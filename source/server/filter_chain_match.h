// Which filter chain of a listener takes a connection (envoy.config.listener.v3.FilterChainMatch).
//
// The criteria are asked in Envoy's order: destination port, destination address, server name,
// transport protocol, application protocol, directly connected source, source type, source
// address, source port. At each one the most specific chains that fit stay and the others are out;
// there is no way back, so a chain that loses at one criterion cannot win by a later one.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/filter/listener_filter.h"
#include "source/net/cidr.h"

namespace weir::server {

struct FilterChainMatch {
  enum class SourceType : uint8_t { kAny, kLocal, kExternal };

  uint32_t destination_port = 0;  // 0: any
  std::vector<net::CidrRange> destinations;
  std::vector<std::string> server_names;  // lower case: exact, or "*.example.com"
  std::string transport_protocol;         // empty: any
  std::vector<std::string> application_protocols;
  std::vector<net::CidrRange> direct_sources;
  SourceType source_type = SourceType::kAny;
  std::vector<net::CidrRange> sources;
  std::vector<uint32_t> source_ports;

  friend bool operator==(const FilterChainMatch&, const FilterChainMatch&) = default;
};

// The index in `matches` of the chain that takes `socket`; -1 when none does.
int FindFilterChain(const std::vector<FilterChainMatch>& matches,
                    const filter::AcceptedSocket& socket);

}  // namespace weir::server
