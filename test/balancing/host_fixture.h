// Hosts and sets of hosts for tests of balancing: "10.0.0.N:80" for the N-th.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "source/balancing/host_set_builder.h"
#include "source/base/random.h"
#include "source/base/strings.h"

namespace weir::balancing {

inline std::shared_ptr<const HostDetails> PlainDetails(const std::string& hostname = {}) {
  return std::make_shared<const HostDetails>(
      HostDetails{hostname, std::make_shared<const Locality>()});
}

inline net::Address HostAddress(int number) {
  return *net::Address::ParseIp(
      base::StrCat("10.", number >> 16, ".", number >> 8 & 255, ".", number & 255), 80);
}

inline EndpointConfig MakeEndpoint(int number, uint32_t weight = 1, uint32_t priority = 0,
                                   EdsHealth health = EdsHealth::kHealthy) {
  static const std::shared_ptr<const HostDetails> details = PlainDetails();
  EndpointConfig endpoint;
  endpoint.address = HostAddress(number);
  endpoint.details = details;
  endpoint.weight = weight;
  endpoint.priority = priority;
  endpoint.health = health;
  return endpoint;
}

// How hosts are grouped by a configuration of nothing but its threshold of panic.
inline Grouping PlainGrouping(double panic_percent = 50) {
  static std::map<double, BalancerConfig> configs;
  BalancerConfig& config = configs[panic_percent];
  config.healthy_panic_percent = panic_percent;
  return {&config};
}

inline HostSetUpdate BuildUpdate(const std::vector<EndpointConfig>& endpoints,
                                 const HostSet* previous = nullptr, double panic_percent = 50) {
  HostSetBuilder builder(previous, PlainGrouping(panic_percent));
  for (const EndpointConfig& endpoint : endpoints) builder.Add(endpoint);
  base::Random random(7);
  return builder.Build(random);
}

inline std::unique_ptr<const HostSet> BuildSet(const std::vector<EndpointConfig>& endpoints,
                                               const HostSet* previous = nullptr,
                                               double panic_percent = 50) {
  return BuildUpdate(endpoints, previous, panic_percent).set;
}

// One healthy host of priority 0 for each weight.
inline std::unique_ptr<const HostSet> SetOfWeights(const std::vector<uint32_t>& weights) {
  std::vector<EndpointConfig> endpoints;
  for (uint32_t weight : weights) {
    endpoints.push_back(MakeEndpoint(static_cast<int>(endpoints.size()), weight));
  }
  return BuildSet(endpoints);
}

inline const HostGroup& GroupOf(const HostSet& set) {
  base::Random random(1);
  return *set.Choose(std::nullopt, random);
}

}  // namespace weir::balancing
