// The private half of RouteTable: what the parser fills and Find walks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "source/config/faults.h"
#include "source/routing/action_parser.h"
#include "source/routing/host_index.h"
#include "source/routing/path_index.h"
#include "source/routing/route_table.h"

namespace weir::routing {

// A virtual host with its routes, which point back to it: it never moves. One that does not change
// belongs to one version of a table after another.
struct VirtualHostEntry {
  VirtualHost virtual_host;
  std::unique_ptr<const PathIndex> paths;

  // Hash of the bytes it was read from; 0: it is not to be taken over, or was not read from bytes.
  uint64_t definition = 0;
  // What faults say of it is ignored, with paths relative to it; null: nothing.
  std::unique_ptr<const std::vector<config::Fault>> ignored;
};

struct RouteTable::Index {
  HostIndex hosts;
  std::vector<std::shared_ptr<const VirtualHostEntry>> virtual_hosts;
  // What virtual hosts took from the table that they were read for.
  RouteDefaults defaults;

  // Null when no domain matches.
  const VirtualHostEntry* Find(std::string_view authority) const {
    const uint32_t found = hosts.Find(authority);
    return found == HostIndex::kNone ? nullptr : virtual_hosts[found].get();
  }
};

}  // namespace weir::routing
