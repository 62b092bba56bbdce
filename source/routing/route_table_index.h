// The private half of RouteTable: what the parser fills and Find walks.
#pragma once

#include <memory>
#include <vector>

#include "source/routing/host_index.h"
#include "source/routing/path_index.h"
#include "source/routing/route_table.h"

namespace weir::routing {

// A virtual host with its routes, which point back to it: it never moves.
struct VirtualHostEntry {
  VirtualHost virtual_host;
  std::unique_ptr<const PathIndex> paths;
};

struct RouteTable::Index {
  HostIndex hosts;
  std::vector<std::unique_ptr<const VirtualHostEntry>> virtual_hosts;

  // Null when no domain matches.
  const VirtualHostEntry* Find(std::string_view authority) const {
    const uint32_t found = hosts.Find(authority);
    return found == HostIndex::kNone ? nullptr : virtual_hosts[found].get();
  }
};

}  // namespace weir::routing
