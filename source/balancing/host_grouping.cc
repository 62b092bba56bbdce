#include "source/balancing/host_grouping.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace weir::balancing {
namespace {

// To whole numbers: as they are where they are whole, else exact to a millionth of the heaviest.
std::vector<uint32_t> ToWhole(const std::vector<double>& weights) {
  double heaviest = 0;
  bool are_whole = true;
  for (double weight : weights) {
    heaviest = std::max(heaviest, weight);
    are_whole = are_whole && weight == std::floor(weight) && weight >= 1;
  }
  double scale = 1;
  if (!are_whole) scale = 1'000'000 / heaviest;
  if (heaviest * scale > UINT32_MAX) scale = UINT32_MAX / heaviest;
  std::vector<uint32_t> whole;
  whole.reserve(weights.size());
  for (double weight : weights) {
    whole.push_back(std::max(1U, static_cast<uint32_t>(std::llround(weight * scale))));
  }
  return whole;
}

}  // namespace

bool IsOfKind(const Host& host, HostKind kind) {
  switch (kind) {
    case HostKind::kHealthy:
      return host.health() == HostHealth::kHealthy && !host.has(HealthFlag::kExcluded);
    case HostKind::kDegraded:
      return host.health() == HostHealth::kDegraded && !host.has(HealthFlag::kExcluded);
    case HostKind::kAll:
      return true;
  }
  return false;
}

GroupMaker::GroupMaker(const Grouping& grouping, absl::Span<const LocalityWeight> locality_weights,
                       uint32_t overprovisioning_percent, base::Random& random)
    : grouping_(grouping),
      locality_weights_(locality_weights),
      overprovisioning_percent_(overprovisioning_percent),
      random_(random) {}

void GroupMaker::Fill(absl::Span<const HostPtr> all, const PriorityShare& share,
                      HostGroup& group) const {
  group.priority_ = share.priority;
  group.load_percent_ = static_cast<uint8_t>(share.percent);
  group.kind_ = share.kind;
  const auto fits = [&](const HostPtr& host) { return IsOfKind(*host, share.kind); };
  if (std::all_of(all.begin(), all.end(), fits)) {
    group.hosts_ = all;
  } else {
    std::vector<HostPtr> fitting;
    std::copy_if(all.begin(), all.end(), std::back_inserter(fitting), fits);
    SetHosts(std::move(fitting), group);
  }
  const bool is_by_hash = grouping_.balancer != nullptr && grouping_.balancer->is_by_hash();
  const LocalityMode mode = grouping_.config->locality_mode;
  // Zones are for the requests of all hosts together; one key has one host.
  if (mode == LocalityMode::kIgnored || (mode == LocalityMode::kZoneAware && is_by_hash)) {
    return SetWeights(WeightsOf(group.hosts()), group);
  }
  std::vector<Part> parts = PartsOf(all, share.kind);
  std::vector<uint32_t> shares = SharesOf(parts, share.priority);
  if (shares.empty()) return SetWeights(WeightsOf(group.hosts()), group);
  if (is_by_hash) return FillByHash(parts, shares, group);
  SetWeights(WeightsOf(group.hosts()), group);
  MakeParts(std::move(parts), std::move(shares), group);
}

void GroupMaker::SetHosts(std::vector<HostPtr> hosts, HostGroup& group) const {
  group.own_hosts_ = std::make_unique<HostPtr[]>(hosts.size());
  std::move(hosts.begin(), hosts.end(), group.own_hosts_.get());
  group.hosts_ = absl::MakeConstSpan(group.own_hosts_.get(), hosts.size());
}

void GroupMaker::SetWeights(const std::vector<double>& weights, HostGroup& group) const {
  const std::vector<uint32_t> whole = ToWhole(weights);
  const auto differs = [&](uint32_t weight) { return weight != whole[0]; };
  if (std::any_of(whole.begin(), whole.end(), differs)) {
    group.weights_ = std::make_unique<WeightTable>(whole);
  }
  if (grouping_.balancer != nullptr && !whole.empty()) {
    group.table_ = grouping_.balancer->Prepare(group.hosts(), whole);
  }
}

std::vector<double> GroupMaker::WeightsOf(absl::Span<const HostPtr> hosts) const {
  if (grouping_.weights != nullptr) return grouping_.weights->Of(hosts);
  std::vector<double> weights;
  weights.reserve(hosts.size());
  for (const HostPtr& host : hosts) weights.push_back(host->weight());
  return weights;
}

std::vector<GroupMaker::Part> GroupMaker::PartsOf(absl::Span<const HostPtr> all,
                                                  HostKind kind) const {
  std::vector<Part> parts;
  absl::flat_hash_map<const Locality*, size_t> places;  // by object: nearly always shared
  for (const HostPtr& host : all) {
    const Locality* const locality = &host->locality();
    const auto [place, is_new] = places.try_emplace(locality, parts.size());
    if (is_new) {
      const auto equals = [&](const Part& part) { return *part.locality == *locality; };
      place->second = std::find_if(parts.begin(), parts.end(), equals) - parts.begin();
      if (place->second == parts.size()) parts.push_back({locality, {}});
    }
    Part& part = parts[place->second];
    if (!host->has(HealthFlag::kExcluded)) ++part.total;
    if (IsOfKind(*host, kind)) part.hosts.push_back(host);
  }
  return parts;
}

std::vector<uint32_t> GroupMaker::SharesOf(const std::vector<Part>& parts,
                                           uint32_t priority) const {
  std::vector<uint32_t> shares;
  if (grouping_.config->locality_mode == LocalityMode::kWeighted) {
    std::vector<LocalityHealth> health;
    for (const Part& part : parts) {
      LocalityHealth& locality = health.emplace_back();
      locality.usable = part.hosts.size();
      locality.total = std::max<uint64_t>(part.total, part.hosts.size());
      for (const LocalityWeight& given : locality_weights_) {
        const bool is_it = given.priority == priority && *given.locality == *part.locality;
        if (is_it) locality.weight = given.weight;
      }
    }
    shares = ShareByWeight(health, overprovisioning_percent_);
  } else if (priority == 0 && grouping_.own_zone != nullptr) {
    std::vector<const Locality*> localities;
    std::vector<uint64_t> hosts;
    for (const Part& part : parts) {
      localities.push_back(part.locality);
      hosts.push_back(part.hosts.size());
    }
    shares = ShareByZone(*grouping_.own_zone, grouping_.config->zone_aware, localities, hosts);
  }
  // No locality has a share: as if there were none of them.
  const auto is_some = [](uint32_t share) { return share > 0; };
  if (std::none_of(shares.begin(), shares.end(), is_some)) shares.clear();
  return shares;
}

void GroupMaker::MakeParts(std::vector<Part> parts, std::vector<uint32_t> shares,
                           HostGroup& group) const {
  // A part of the requests that need not prefer the own zone is for all hosts alike.
  if (grouping_.config->locality_mode == LocalityMode::kZoneAware) {
    const double prefers = grouping_.config->zone_aware.routing_percent / 100;
    if (prefers <= 0) return;
    if (prefers < 1) {
      const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
      Part& everybody = parts.emplace_back(Part{parts[0].locality, {}});
      everybody.hosts.assign(group.hosts().begin(), group.hosts().end());
      shares.push_back(
          static_cast<uint32_t>(std::min<double>(UINT32_MAX, sum / prefers * (1 - prefers))));
    }
  }
  std::vector<Part> taking;
  std::vector<uint32_t> weights;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (shares[i] == 0 || parts[i].hosts.empty()) continue;
    taking.push_back(std::move(parts[i]));
    weights.push_back(shares[i]);
  }
  auto made = std::make_unique<HostGroup::Parts>(weights);
  group.part_count_ = static_cast<uint32_t>(taking.size());
  for (size_t i = 0; i < taking.size(); ++i) {
    HostGroup& part = made->groups[i];
    part.priority_ = group.priority_;
    part.kind_ = group.kind_;
    part.sequence_.store(random_.Next() >> 1, std::memory_order_relaxed);
    SetHosts(std::move(taking[i].hosts), part);
    SetWeights(WeightsOf(part.hosts()), part);
  }
  group.parts_ = std::move(made);
}

void GroupMaker::FillByHash(const std::vector<Part>& parts, const std::vector<uint32_t>& shares,
                            HostGroup& group) const {
  std::vector<HostPtr> hosts;
  std::vector<double> weights;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (shares[i] == 0) continue;
    const std::vector<double> own = WeightsOf(parts[i].hosts);
    const double sum = std::accumulate(own.begin(), own.end(), 0.0);
    hosts.insert(hosts.end(), parts[i].hosts.begin(), parts[i].hosts.end());
    for (double weight : own) weights.push_back(weight / sum * shares[i]);
  }
  SetHosts(std::move(hosts), group);
  SetWeights(weights, group);
}

}  // namespace weir::balancing
