#include "source/balancing/host_set_builder.h"

#include <algorithm>
#include <utility>

namespace weir::balancing {
namespace {

template <class T>
bool IsSame(const T* a, const T* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

}  // namespace

HostSetBuilder::HostSetBuilder(const HostSet* previous, const Grouping& grouping, Wanted wanted)
    : previous_(previous),
      grouping_(grouping),
      wanted_(wanted),
      set_(std::make_unique<HostSet>()) {}

void HostSetBuilder::set_overprovisioning_percent(uint32_t percent) {
  set_->overprovisioning_percent_ = percent;
}

void HostSetBuilder::set_locality_weights(std::vector<LocalityWeight> weights) {
  if (weights.empty()) return;
  set_->locality_weights_ = std::make_unique<const std::vector<LocalityWeight>>(std::move(weights));
}

void HostSetBuilder::set_logical_address(const net::Address& address) {
  set_->logical_address_ = std::make_unique<const net::Address>(address);
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
    added_.push_back(host);
  }
  members_.push_back({std::move(host), endpoint.priority});
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
  MakeGroups(CountHealth(), random);
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
  set_->overprovisioning_percent_ = previous_->overprovisioning_percent_;
  if (previous_->logical_address() != nullptr) set_logical_address(*previous_->logical_address());
  const absl::Span<const LocalityWeight> weights = previous_->locality_weights();
  set_locality_weights({weights.begin(), weights.end()});
  MakeGroups(CountHealth(), random);
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

std::vector<PriorityHealth> HostSetBuilder::CountHealth() {
  std::vector<PriorityHealth> counts(set_->ends_.size());
  const bool weighs = grouping_.config->weighs_priority_health;
  for (uint32_t priority = 0; priority < counts.size(); ++priority) {
    for (const HostPtr& host : set_->hosts_of(priority)) {
      if (host->has(HealthFlag::kExcluded)) {
        ++set_->excluded_count_;
        continue;
      }
      const uint64_t counted = weighs ? host->weight() : 1;
      const bool is_healthy = IsOfKind(*host, HostKind::kHealthy);
      const bool is_degraded = IsOfKind(*host, HostKind::kDegraded);
      counts[priority].total += counted;
      if (is_healthy) counts[priority].healthy += counted;
      if (is_degraded) counts[priority].degraded += counted;
      set_->healthy_count_ += is_healthy;
      set_->degraded_count_ += is_degraded;
    }
  }
  return counts;
}

bool HostSetBuilder::IsSameAsPrevious() const {
  return previous_ != nullptr && !values_changed_ && previous_->hosts_ == set_->hosts_ &&
         previous_->ends_ == set_->ends_ &&
         IsSame(previous_->locality_weights_.get(), set_->locality_weights_.get()) &&
         previous_->overprovisioning_percent_ == set_->overprovisioning_percent_ &&
         IsSame(previous_->logical_address(), set_->logical_address());
}

void HostSetBuilder::MakeGroups(const std::vector<PriorityHealth>& health, base::Random& random) {
  const uint32_t overprovisioning = set_->overprovisioning_percent_;
  const BalancerConfig& config = *grouping_.config;
  const std::vector<PriorityShare> shares =
      ShareTraffic(health, overprovisioning, config.healthy_panic_percent);
  const GroupMaker maker(grouping_, set_->locality_weights(), overprovisioning, random);
  set_->groups_ = std::make_unique<HostGroup[]>(shares.size());
  for (const PriorityShare& share : shares) {
    HostGroup& group = set_->groups_[set_->group_count_++];
    maker.Fill(set_->hosts_of(share.priority), share, group);
    group.sequence_.store(FirstInSequence(group, random), std::memory_order_relaxed);
  }
}

// The sequence goes on where the former group of that priority was, so that frequent updates do
// not favour anybody; a new one starts anywhere, so that not all proxies start at the same host.
uint64_t HostSetBuilder::FirstInSequence(const HostGroup& group, base::Random& random) const {
  if (previous_ != nullptr) {
    for (const HostGroup& former : previous_->groups()) {
      if (former.priority_ == group.priority_) {
        return former.sequence_.load(std::memory_order_relaxed);
      }
    }
  }
  return random.Next() >> 1;
}

Assignment AssignmentOf(const HostSet& set) {
  Assignment assignment;
  assignment.overprovisioning_percent = set.overprovisioning_percent();
  assignment.locality_weights.assign(set.locality_weights().begin(), set.locality_weights().end());
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
