// Which of several weighted hosts comes next: a fixed order in which each of them appears as often
// as its weight says, spread out evenly. No lock, no heap, no state: a caller brings the position,
// from a shared counter (round robin) or a random number.
//
// The weights, divided by their greatest common divisor, are laid end to end on a line of W units.
// Position n looks at unit n × stride mod W. With a stride prime to W, every W positions visit
// every unit once, so a cycle is exact; with a well-chosen stride near the golden section of W,
// successive visits fall far apart, so every stretch of a cycle is nearly fair. A guide table of
// one entry a host leads from a unit to its host in a step or two; memory is 8 bytes a host.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace weir::balancing {

class WeightTable {
 public:
  // At least one weight; none 0. Where their sum passes 2^32 they are rounded to fit.
  explicit WeightTable(absl::Span<const uint32_t> weights);

  // The index of the host at `position` of the endless order.
  uint32_t At(uint64_t position) const {
    return Find(static_cast<uint32_t>((position % total_) * stride_ % total_));
  }
  // The index of the host that owns `unit`, which is below total().
  uint32_t Find(uint32_t unit) const;
  // The length of a cycle: the sum of the reduced weights.
  uint32_t total() const { return total_; }
  uint32_t weight(uint32_t index) const {
    return index == 0 ? ends_[0] : ends_[index] - ends_[index - 1];
  }

 private:
  uint32_t total_ = 0;
  uint64_t stride_ = 1;
  std::vector<uint32_t> ends_;   // of each host's units: running sums
  std::vector<uint32_t> guide_;  // slice of the line → the first host that reaches into it
};

}  // namespace weir::balancing
