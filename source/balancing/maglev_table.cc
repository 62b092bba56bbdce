#include "source/balancing/maglev_table.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "source/balancing/hash.h"
#include "source/base/check.h"

namespace weir::balancing {
namespace {

constexpr uint32_t kFree = UINT32_MAX;

// A host's own order of the places.
struct Walk {
  uint32_t place, step;  // the next one; below the size

  // Takes the first free one.
  void Take(std::vector<uint32_t>& table, uint32_t host) {
    const auto size = static_cast<uint32_t>(table.size());
    while (table[place] != kFree) Go(size);
    table[place] = host;
    Go(size);
  }
  void Go(uint32_t size) {
    place += step;
    if (place >= size) place -= size;
  }
};

Walk WalkOf(const std::string& key, uint32_t size) {
  return {static_cast<uint32_t>(XxHash64(key) % size),
          static_cast<uint32_t>(XxHash64(key, 1) % (size - 1) + 1)};
}

// Each host takes its turn in every round.
void FillEvenly(absl::Span<const HashedHost> hosts, std::vector<Walk>& walks,
                std::vector<uint32_t>& table) {
  for (size_t taken = 0; taken < table.size(); ++taken) {
    const size_t turn = taken % hosts.size();
    walks[turn].Take(table, hosts[turn].index);
  }
}

// When a host of a weight has its turns: the heaviest in every round, one half as heavy in every
// second. Reckoned as Envoy does, fractions and all.
class Turns {
 public:
  Turns(double weight, double heaviest) : weight_(weight), heaviest_(heaviest) {}

  // The round of the next one, after `now`.
  uint64_t Next(uint64_t now) {
    target_ += heaviest_;
    auto round = std::max(now + 1, static_cast<uint64_t>(target_ / weight_));
    while (round > now + 1 && static_cast<double>(round - 1) * weight_ >= target_) --round;
    while (static_cast<double>(round) * weight_ < target_) ++round;
    return round;
  }

 private:
  const double weight_, heaviest_;
  double target_ = 0;
};

void FillByWeight(absl::Span<const HashedHost> hosts, std::vector<Walk>& walks,
                  std::vector<uint32_t>& table) {
  double sum = 0;
  double heaviest = 0;
  for (const HashedHost& host : hosts) sum += host.weight;
  for (const HashedHost& host : hosts) heaviest = std::max(heaviest, host.weight / sum);
  // Round and host: in a round, hosts come in order.
  using Turn = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> queue;
  std::vector<Turns> turns;
  for (uint32_t i = 0; i < hosts.size(); ++i) {
    turns.emplace_back(hosts[i].weight / sum, heaviest);
    queue.emplace(1, i);
  }
  for (size_t taken = 0; taken < table.size(); ++taken) {
    const auto [round, i] = queue.top();
    queue.pop();
    walks[i].Take(table, hosts[i].index);
    queue.emplace(turns[i].Next(round), i);
  }
}

}  // namespace

MaglevTable::MaglevTable(absl::Span<const HashedHost> hosts, uint32_t size) : size_(size) {
  WEIR_CHECK(!hosts.empty() && size >= 2);
  std::vector<Walk> walks;
  walks.reserve(hosts.size());
  for (const HashedHost& host : hosts) walks.push_back(WalkOf(host.key, size));
  wide_.assign(size, kFree);
  const auto differs = [&](const HashedHost& host) { return host.weight != hosts[0].weight; };
  if (std::any_of(hosts.begin(), hosts.end(), differs)) {
    FillByWeight(hosts, walks, wide_);
  } else {
    FillEvenly(hosts, walks, wide_);
  }
  if (hosts.size() > UINT16_MAX) return;
  narrow_.assign(wide_.begin(), wide_.end());
  wide_ = {};
}

uint32_t MaglevTable::Find(uint64_t hash, uint32_t attempt) const {
  // Nearly all bits change, so that the keys of one host do not go to another one together.
  if (attempt > 0) hash ^= ~uint64_t{0} - attempt + 1;
  const uint64_t place = hash % size_;
  return narrow_.empty() ? wide_[place] : narrow_[place];
}

}  // namespace weir::balancing
