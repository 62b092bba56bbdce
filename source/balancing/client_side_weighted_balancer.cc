#include "source/balancing/client_side_weighted_balancer.h"

#include "source/balancing/round_robin_balancer.h"

namespace weir::balancing {

uint32_t ClientSideWeightedBalancer::Pick(const HostGroup& group, const PickContext& context,
                                          base::Random& random) const {
  return NextHost(group);
}

void ClientSideWeightedBalancer::OnLoadReport(const Host& host, const LoadReport& report,
                                              int64_t now_ns) const {
  host.activity().reported_weight.Record(report, config_, now_ns / 1'000'000);
}

}  // namespace weir::balancing
