// One VirtualHost with its routes. Domains are the table's to collect: they must be unique in it.
// Main thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "source/routing/action_parser.h"
#include "source/routing/route_table_index.h"

namespace envoy::config::route::v3 {
class Route;
class VirtualHost;
}  // namespace envoy::config::route::v3

namespace weir::routing {

std::unique_ptr<const VirtualHostEntry> ParseVirtualHost(
    const envoy::config::route::v3::VirtualHost& proto, const RouteDefaults& defaults,
    const ParseContext& context, config::Faults& faults);

// The same, one route after the other.
class VirtualHostParser {
 public:
  // Of `proto` all but the routes counts.
  VirtualHostParser(const envoy::config::route::v3::VirtualHost& proto,
                    const RouteDefaults& defaults, const ParseContext& context,
                    config::Faults& faults);

  // In the order of the configuration.
  void AddRoute(const envoy::config::route::v3::Route& proto, const ParseContext& context,
                config::Faults& faults);
  void Reserve(size_t routes) { routes_.reserve(routes); }
  std::unique_ptr<VirtualHostEntry> Finish() &&;

 private:
  std::unique_ptr<VirtualHostEntry> entry_;
  RouteDefaults defaults_;
  std::vector<PathIndex::Entry> routes_;
};

}  // namespace weir::routing
