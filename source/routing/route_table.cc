#include "source/routing/route_table.h"

#include <variant>

#include "source/base/strings.h"
#include "source/routing/request_matcher.h"
#include "source/routing/route_table_index.h"

namespace weir::routing {
RouteTable::RouteTable() = default;
RouteTable::~RouteTable() = default;

std::vector<std::shared_ptr<const void>> RouteTable::parts() const {
  return {index_->virtual_hosts.begin(), index_->virtual_hosts.end()};
}

const Route* RouteTable::Find(const http::RequestHead& head, uint64_t random) const {
  const VirtualHostEntry* entry = index_->Find(head.authority);
  return entry == nullptr ? nullptr : entry->paths->Find(head, random);
}

const VirtualHost* RouteTable::FindVirtualHost(std::string_view authority) const {
  const VirtualHostEntry* entry = index_->Find(authority);
  return entry == nullptr ? nullptr : &entry->virtual_host;
}

const WeightedCluster* RouteTable::Choose(const ForwardAction& action, uint64_t random) {
  if (action.total_weight == 0) return nullptr;
  uint64_t point = ScaleTo(action.total_weight, Derive(random, 2));
  for (const WeightedCluster& cluster : action.weighted) {
    if (point < cluster.weight) return &cluster;
    point -= cluster.weight;
  }
  return nullptr;
}

const WeightedCluster* RouteTable::Choose(const Route* route, const http::RequestHead& head,
                                          uint64_t random) {
  if (route == nullptr) return nullptr;
  const auto* action = std::get_if<ForwardAction>(&route->action);
  if (action == nullptr || action->weighted.empty()) return nullptr;
  if (!action->random_header.empty()) {
    const std::string_view asked = head.headers.Value(action->random_header);
    random = base::ParseInteger<uint64_t>(asked).value_or(random);
  }
  return Choose(*action, random);
}

}  // namespace weir::routing
