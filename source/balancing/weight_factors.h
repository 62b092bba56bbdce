// By how much the weights of hosts are changed for the time being. Main thread.
#pragma once

#include "source/balancing/host.h"

namespace weir::balancing {

class WeightFactors {
 public:
  // > 0; times the weight of its endpoint.
  virtual double FactorOf(const Host& host) const = 0;

 protected:
  ~WeightFactors() = default;
};

}  // namespace weir::balancing
