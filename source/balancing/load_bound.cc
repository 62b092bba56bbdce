#include "source/balancing/load_bound.h"

#include <algorithm>

namespace weir::balancing {
namespace {

constexpr uint32_t kMostDraws = 64;
// In a group of so few, every host is looked at before the bound is given up.
constexpr uint32_t kSmallGroup = 64;

// A number for each draw, as good as a random one (SplitMix64).
uint64_t Draw(uint64_t hash, uint32_t number) {
  uint64_t x = hash + (number + 1) * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Bound {
 public:
  Bound(const HostGroup& group, uint32_t percent, const PickContext& context)
      : group_(group),
        context_(context),
        slots_((uint64_t{context.cluster_requests + 1} * percent + 99) / 100),
        total_(group.weights() == nullptr ? group.size() : group.weights()->total()) {}

  // One request more is within the bound.
  bool Allows(uint32_t index) const {
    const uint64_t own = (slots_ * group_.weight(index) + total_ - 1) / total_;
    return ActiveOf(index) < std::max<uint64_t>(own, 1) && !context_.HasTried(HostAt(index));
  }
  // By weight.
  uint32_t HostOf(uint64_t random) const {
    const auto unit =
        static_cast<uint32_t>((static_cast<unsigned __int128>(random) * total_) >> 64);
    return group_.weights() == nullptr ? unit : group_.weights()->Find(unit);
  }
  bool IsLessLoaded(uint32_t a, uint32_t b) const {
    return ActiveOf(a) * group_.weight(b) < ActiveOf(b) * group_.weight(a) &&
           !context_.HasTried(HostAt(a));
  }

 private:
  const Host* HostAt(uint32_t index) const { return group_.hosts()[index].get(); }
  uint64_t ActiveOf(uint32_t index) const {
    return HostAt(index)->active_requests.load(std::memory_order_relaxed);
  }

  const HostGroup& group_;
  const PickContext& context_;
  const uint64_t slots_;  // of all hosts together
  const uint64_t total_;  // of the weights
};

}  // namespace

uint32_t KeepInBound(const HostGroup& group, uint32_t picked, uint64_t hash, uint32_t percent,
                     const PickContext& context) {
  const Bound bound(group, percent, context);
  if (bound.Allows(picked)) return picked;
  uint32_t best = picked;
  for (uint32_t i = 0; i < kMostDraws; ++i) {
    const uint32_t other = bound.HostOf(Draw(hash, i));
    if (bound.Allows(other)) return other;
    if (bound.IsLessLoaded(other, best)) best = other;
  }
  if (group.size() > kSmallGroup) return best;
  for (uint32_t i = 0; i < group.size(); ++i) {
    if (bound.Allows(i)) return i;
  }
  return best;
}

}  // namespace weir::balancing
