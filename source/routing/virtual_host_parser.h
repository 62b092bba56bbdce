// One VirtualHost with its routes. Domains are the table's to collect: they must be unique in it.
// Main thread.
#pragma once

#include <memory>

#include "source/routing/action_parser.h"
#include "source/routing/route_table_index.h"

namespace envoy::config::route::v3 {
class VirtualHost;
}

namespace weir::routing {

std::unique_ptr<const VirtualHostEntry> ParseVirtualHost(
    const envoy::config::route::v3::VirtualHost& proto, RouteDefaults defaults,
    const ParseContext& context, config::Faults& faults);

}  // namespace weir::routing
