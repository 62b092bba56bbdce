#include "source/balancing/host_set_builder.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "source/balancing/spare_priorities.h"

namespace weir::balancing {
namespace {

template <class T>
bool IsSame(const T* a, const T* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

// All that an assignment says beside its endpoints.
Assignment PolicyOf(const HostSet& set) {
  Assignment assignment;
  assignment.overprovisioning_percent = set.overprovisioning_percent();
  assignment.weighs_priority_health = set.weighs_priority_health();
  assignment.drop_fraction = set.drop_fraction();
  assignment.locality_weights.assign(set.locality_weights().begin(), set.locality_weights().end());
  return assignment;
}

uint32_t CountOf(const LocalityWeight& locality, const HostSet& set) {
  uint32_t count = 0;
  for (const HostPtr& host : set.hosts_of(locality.priority)) {
    count += host->locality() == *locality.locality;
  }
  return count;
}

// What is left of a locality's weight in a subset that has a part of its hosts.
uint32_t ScaledWeight(const LocalityWeight& given, const HostSet& whole, const HostSet& part) {
  const uint64_t all = CountOf(given, whole);
  if (all == 0) return 0;
  return static_cast<uint32_t>(
      std::max<uint64_t>(1, given.weight * uint64_t{CountOf(given, part)} / all));
}

}  // namespace

HostSetBuilder::HostSetBuilder(const HostSet* previous, const Grouping& grouping, Wanted wanted)
    : previous_(previous),
      grouping_(grouping),
      wanted_(wanted),
      set_(std::make_unique<HostSet>()) {}

void HostSetBuilder::SetPolicy(const Assignment& assignment, HostSet& set) {
  set.overprovisioning_percent_ = assignment.overprovisioning_percent;
  set.weighs_priority_health_ = assignment.weighs_priority_health;
  set.drop_fraction_ = assignment.drop_fraction;
  if (assignment.locality_weights.empty()) return;
  set.rare().locality_weights = assignment.locality_weights;
}

std::vector<PriorityHealth> HostSetBuilder::CountHealth(HostSet& set) {
  std::vector<PriorityHealth> counts(set.ends_.size());
  for (uint32_t priority = 0; priority < counts.size(); ++priority) {
    for (const HostPtr& host : set.hosts_of(priority)) {
      if (host->has(HealthFlag::kExcluded)) {
        ++set.excluded_count_;
        continue;
      }
      const uint64_t counted = set.weighs_priority_health_ ? host->weight() : 1;
      const bool is_healthy = IsOfKind(*host, HostKind::kHealthy);
      const bool is_degraded = IsOfKind(*host, HostKind::kDegraded);
      counts[priority].total += counted;
      if (is_healthy) counts[priority].healthy += counted;
      if (is_degraded) counts[priority].degraded += counted;
      set.healthy_count_ += is_healthy;
      set.degraded_count_ += is_degraded;
    }
  }
  return counts;
}

void HostSetBuilder::set_logical_address(const net::Address& address) {
  set_->rare().logical_address = std::make_unique<const net::Address>(address);
}

void HostSetBuilder::Add(const EndpointConfig& endpoint) {
  if (members_.empty()) LearnPrevious();
  Known& known = known_[endpoint.address];
  if (known.is_taken) return;
  known.is_taken = true;
  HostPtr host = known.previous == nullptr ? nullptr : Reuse(*known.previous, endpoint);
  if (host == nullptr) {
    known.previous = nullptr;
    host = std::make_shared<Host>(endpoint.address, endpoint.details);
    host->weight_.store(endpoint.weight, std::memory_order_relaxed);
    host->eds_health_.store(endpoint.health, std::memory_order_relaxed);
    host->metadata_ = endpoint.metadata;
    if (new_hosts_await_checks_ && !host->is_exempt_from_checks()) {
      host->SetHealthFlag(HealthFlag::kPendingActiveCheck, true);
      host->SetHealthFlag(HealthFlag::kFailedActiveCheck, true);
      host->SetHealthFlag(HealthFlag::kExcluded, new_hosts_count_for_nothing_);
    }
    added_.push_back(host);
  }
  members_.push_back({std::move(host), endpoint.priority});
}

std::vector<HostPtr> HostSetBuilder::KeepOthers(absl::FunctionRef<bool(const Host&)> keep) {
  std::vector<HostPtr> kept;
  if (previous_ == nullptr) return kept;
  if (members_.empty()) LearnPrevious();
  for (uint32_t priority = 0; priority < previous_->priority_count(); ++priority) {
    for (const HostPtr& host : previous_->hosts_of(priority)) {
      Known& known = known_[host->address()];
      if (known.is_taken || !keep(*host)) continue;
      known.is_taken = true;
      members_.push_back({host, priority});
      kept.push_back(host);
    }
  }
  return kept;
}

void HostSetBuilder::LearnPrevious() {
  if (previous_ == nullptr) return;
  known_.reserve(previous_->hosts().size());
  for (const HostPtr& host : previous_->hosts()) known_[host->address()].previous = &host;
}

HostPtr HostSetBuilder::Reuse(const HostPtr& host, const EndpointConfig& endpoint) {
  if (&host->details() != endpoint.details.get() && !(host->details() == *endpoint.details)) {
    return nullptr;
  }
  values_changed_ |= host->weight() != endpoint.weight || host->eds_health() != endpoint.health;
  host->weight_.store(endpoint.weight, std::memory_order_relaxed);
  host->eds_health_.store(endpoint.health, std::memory_order_relaxed);
  if (!IsSame(host->metadata_.get(), endpoint.metadata.get())) {
    values_changed_ = true;
    host->metadata_ = endpoint.metadata;
  }
  return host;
}

HostSetUpdate HostSetBuilder::Build(base::Random& random) {
  PlaceMembers();
  HostSetUpdate update;
  if (wanted_ == Wanted::kWhenChanged && IsSameAsPrevious()) return update;
  MakeGroups(*set_, previous_, random);
  MakeSubsets(*set_, previous_, random);
  if (previous_ != nullptr) {
    for (const HostPtr& host : previous_->hosts()) {
      const auto known = known_.find(host->address());
      const bool stays =
          known != known_.end() && known->second.is_taken && known->second.previous != nullptr;
      if (!stays) update.removed.push_back(host);
    }
  }
  update.added = std::move(added_);
  update.set = std::move(set_);
  return update;
}

std::unique_ptr<const HostSet> HostSetBuilder::Regroup(base::Random& random) {
  set_->hosts_ = previous_->hosts_;
  set_->ends_ = previous_->ends_;
  TakePolicy(PolicyOf(*previous_));
  if (previous_->logical_address() != nullptr) set_logical_address(*previous_->logical_address());
  MakeGroups(*set_, previous_, random);
  MakeSubsets(*set_, previous_, random);
  return std::move(set_);
}

std::unique_ptr<const HostSet> HostSetBuilder::Continue(absl::Span<const HostPtr> added,
                                                        absl::Span<const HostPtr> removed,
                                                        base::Random& random) {
  absl::flat_hash_set<const Host*> gone;
  for (const HostPtr& host : removed) gone.insert(host.get());
  set_->hosts_.reserve(previous_->hosts().size() + added.size());
  for (const HostPtr& host : previous_->hosts()) {
    if (!gone.contains(host.get())) set_->hosts_.push_back(host);
  }
  set_->hosts_.insert(set_->hosts_.end(), added.begin(), added.end());
  if (!set_->hosts_.empty()) set_->ends_.push_back(static_cast<uint32_t>(set_->hosts_.size()));
  MakeGroups(*set_, previous_, random);
  return std::move(set_);
}

void HostSetBuilder::PlaceMembers() {
  const auto is_before = [](const Member& a, const Member& b) { return a.priority < b.priority; };
  if (!std::is_sorted(members_.begin(), members_.end(), is_before)) {
    std::stable_sort(members_.begin(), members_.end(), is_before);
  }
  if (!members_.empty()) set_->ends_.resize(members_.back().priority + 1);
  set_->hosts_.reserve(members_.size());
  for (Member& member : members_) {
    set_->hosts_.push_back(std::move(member.host));
    ++set_->ends_[member.priority];
  }
  for (size_t i = 1; i < set_->ends_.size(); ++i) set_->ends_[i] += set_->ends_[i - 1];
}

bool HostSetBuilder::IsSameAsPrevious() const {
  return previous_ != nullptr && !values_changed_ && previous_->hosts_ == set_->hosts_ &&
         previous_->ends_ == set_->ends_ &&
         previous_->weighs_priority_health_ == set_->weighs_priority_health_ &&
         previous_->drop_fraction_ == set_->drop_fraction_ &&
         previous_->locality_weights() == set_->locality_weights() &&
         previous_->overprovisioning_percent_ == set_->overprovisioning_percent_ &&
         IsSame(previous_->logical_address(), set_->logical_address());
}

void HostSetBuilder::MakeGroups(HostSet& set, const HostSet* previous, base::Random& random) const {
  const uint32_t overprovisioning = set.overprovisioning_percent_;
  const BalancerConfig& config = *grouping_.config;
  const std::vector<PriorityHealth> health = CountHealth(set);
  if (config.policy == BalancerPolicy::kClusterProvided) return;  // nobody picks from the set
  std::vector<PriorityShare> shares =
      ShareTraffic(health, overprovisioning, config.healthy_panic_percent);
  if (config.fails_on_panic) {
    const auto is_panic = [](const PriorityShare& share) { return share.kind == HostKind::kAll; };
    shares.erase(std::remove_if(shares.begin(), shares.end(), is_panic), shares.end());
  }
  const GroupMaker maker(grouping_, set.locality_weights(), overprovisioning, random);
  set.groups_ = std::make_unique<HostGroup[]>(shares.size());
  for (const PriorityShare& share : shares) {
    HostGroup& group = set.groups_[set.group_count_++];
    maker.Fill(set.hosts_of(share.priority), share, group);
    group.sequence_.store(FirstInSequence(group, previous, random), std::memory_order_relaxed);
  }
  if (set.priority_count() > 1) MakeSpare(set, health, maker, random);
}

// Groups of priorities that others leave nothing to.
void HostSetBuilder::MakeSpare(HostSet& set, const std::vector<PriorityHealth>& health,
                               const GroupMaker& maker, base::Random& random) const {
  std::vector<PriorityShare> spare;
  for (uint32_t priority = 0; priority < health.size(); ++priority) {
    const auto is_it = [&](const HostGroup& group) { return group.priority() == priority; };
    const absl::Span<const HostGroup> groups = set.groups();
    if (std::any_of(groups.begin(), groups.end(), is_it)) continue;
    if (health[priority].healthy > 0) {
      spare.push_back({priority, HostKind::kHealthy, 0});
    } else if (health[priority].degraded > 0) {
      spare.push_back({priority, HostKind::kDegraded, 0});
    }
  }
  auto groups = std::make_unique<HostGroup[]>(spare.size());
  for (size_t i = 0; i < spare.size(); ++i) {
    maker.Fill(set.hosts_of(spare[i].priority), spare[i], groups[i]);
    groups[i].sequence_.store(random.Next() >> 1, std::memory_order_relaxed);
  }
  set.rare().spare_priorities = std::make_unique<const SparePriorities>(
      SparePriorities::Sharing{health, set.overprovisioning_percent_,
                               grouping_.config->healthy_panic_percent},
      std::move(groups), static_cast<uint32_t>(spare.size()));
}

// The sequence goes on where the former group of that priority was, so that frequent updates do
// not favour anybody; a new one starts anywhere, so that not all proxies start at the same host.
uint64_t HostSetBuilder::FirstInSequence(const HostGroup& group, const HostSet* previous,
                                         base::Random& random) {
  if (previous != nullptr) {
    for (const HostGroup& former : previous->groups()) {
      if (former.priority_ == group.priority_) {
        return former.sequence_.load(std::memory_order_relaxed);
      }
    }
  }
  return random.Next() >> 1;
}

// A subset is grouped as the whole is, but for its localities.
void HostSetBuilder::MakeSubsets(HostSet& set, const HostSet* previous,
                                 base::Random& random) const {
  const std::shared_ptr<const SubsetConfig>& config = grouping_.config->subsets;
  if (config == nullptr) return;
  BalancerConfig inner = *grouping_.config;
  inner.subsets = nullptr;
  const bool has_weights = inner.locality_mode == LocalityMode::kWeighted;
  if (has_weights && !config->keeps_localities) inner.locality_mode = LocalityMode::kIgnored;
  Grouping grouping = grouping_;
  grouping.config = &inner;
  const HostSetBuilder maker(nullptr, grouping);
  const SubsetIndex* const former = previous == nullptr ? nullptr : previous->subsets();
  set.rare().subsets = std::make_unique<const SubsetIndex>(
      config, set.hosts(), [&](std::string_view key, absl::Span<const uint32_t> members) {
        return maker.MakeSubset(set, members, former == nullptr ? nullptr : former->Of(key),
                                config->scales_localities, random);
      });
}

std::unique_ptr<const HostSet> HostSetBuilder::MakeSubset(const HostSet& set,
                                                          absl::Span<const uint32_t> members,
                                                          const HostSet* previous,
                                                          bool scales_localities,
                                                          base::Random& random) const {
  auto subset = std::make_unique<HostSet>();
  subset->hosts_.reserve(members.size());
  for (uint32_t member : members) {
    subset->ends_.resize(set.PriorityOf(member) + 1, static_cast<uint32_t>(subset->hosts_.size()));
    subset->hosts_.push_back(set.hosts()[member]);
    ++subset->ends_.back();
  }
  Assignment policy = PolicyOf(set);
  if (scales_localities) {
    for (LocalityWeight& given : policy.locality_weights)
      given.weight = ScaledWeight(given, set, *subset);
  }
  SetPolicy(policy, *subset);
  MakeGroups(*subset, previous, random);
  return subset;
}

Assignment AssignmentOf(const HostSet& set) {
  Assignment assignment = PolicyOf(set);
  assignment.endpoints.reserve(set.hosts().size());
  for (size_t i = 0; i < set.hosts().size(); ++i) {
    const Host& host = *set.hosts()[i];
    EndpointConfig endpoint;
    endpoint.address = host.address();
    endpoint.details = host.shared_details();
    endpoint.metadata = host.metadata();
    endpoint.weight = host.weight();
    endpoint.health = host.eds_health();
    endpoint.priority = set.PriorityOf(i);
    assignment.endpoints.push_back(std::move(endpoint));
  }
  return assignment;
}

}  // namespace weir::balancing
