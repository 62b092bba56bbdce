// CLUSTER_PROVIDED: no host is picked from what there is. A request says where it goes, and whoever
// serves the cluster asks the table for the host of that address. Unlike other balancers it is of
// one cluster, whose hosts it keeps.
#pragma once

#include <memory>

#include "source/balancing/balancer.h"
#include "source/balancing/destination_table.h"

namespace weir::balancing {

class DestinationBalancer final : public Balancer {
 public:
  // Never asked: the set of such a cluster has no groups.
  uint32_t Pick(const HostGroup&, const PickContext&, base::Random&) const override { return 0; }
  DestinationTable* destinations() const override { return table_.get(); }

 private:
  const std::unique_ptr<DestinationTable> table_ = std::make_unique<DestinationTable>();
};

}  // namespace weir::balancing
