// Hosts in turn, by the weights that follow from their load reports (gRFC A58). It gathers the
// reports; LiveWeights makes the groups' weights of them.
#pragma once

#include "source/balancing/balancer.h"

namespace weir::balancing {

class ClientSideWeightedBalancer final : public Balancer {
 public:
  explicit ClientSideWeightedBalancer(const ClientSideWeightsConfig& config) : config_(config) {}

  uint32_t Pick(const HostGroup& group, const PickContext& context,
                base::Random& random) const override;
  bool wants_load_reports() const override { return true; }
  void OnLoadReport(const Host& host, const LoadReport& report, int64_t now_ns) const override;

 private:
  const ClientSideWeightsConfig config_;
};

}  // namespace weir::balancing
