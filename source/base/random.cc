#include "source/base/random.h"

#include <sys/random.h>

#include <bit>

#include "source/base/check.h"

namespace weir::base {
namespace {

// SplitMix64 spreads one seed over the whole state, as xoshiro's authors advise.
uint64_t SplitMix(uint64_t& seed) {
  uint64_t mixed = seed += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

uint64_t KernelSeed() {
  uint64_t seed = 0;
  WEIR_CHECK(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
  return seed;
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(seed);
}

uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// The high half of a 128-bit product is uniform once the few low halves that would favour some
// results are refused (Lemire); the division is needed only when one comes near.
uint64_t Random::Below(uint64_t bound) {
  WEIR_DCHECK(bound >= 1);
  auto product = static_cast<unsigned __int128>(Next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t refused = (0 - bound) % bound;
    while (static_cast<uint64_t>(product) < refused) {
      product = static_cast<unsigned __int128>(Next()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

double Random::Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

Random& Random::OfThread() {
  thread_local Random random(KernelSeed());
  return random;
}

}  // namespace weir::base
