#include "source/balancing/host_set_builder.h"

#include <algorithm>
#include <utility>

namespace weir::balancing {
namespace {

bool IsOfKind(const Host& host, HostKind kind) {
  switch (kind) {
    case HostKind::kHealthy:
      return host.eds_health() == EdsHealth::kHealthy;
    case HostKind::kDegraded:
      return host.eds_health() == EdsHealth::kDegraded;
    case HostKind::kAll:
      return true;
  }
  return false;
}

std::unique_ptr<const WeightTable> MakeWeights(absl::Span<const HostPtr> hosts) {
  const auto differs = [&](const HostPtr& host) { return host->weight() != hosts[0]->weight(); };
  if (std::none_of(hosts.begin(), hosts.end(), differs)) return nullptr;
  std::vector<uint32_t> weights;
  weights.reserve(hosts.size());
  for (const HostPtr& host : hosts) weights.push_back(host->weight());
  return std::make_unique<WeightTable>(weights);
}

bool IsSameAddress(const net::Address* a, const net::Address* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

}  // namespace

HostSetBuilder::HostSetBuilder(const HostSet* previous, double healthy_panic_percent, Wanted wanted)
    : previous_(previous),
      healthy_panic_percent_(healthy_panic_percent),
      wanted_(wanted),
      set_(std::make_unique<HostSet>()) {
  if (previous == nullptr) return;
  known_.reserve(previous->hosts().size());
  for (const HostPtr& host : previous->hosts()) known_[host->address()].previous = &host;
}

void HostSetBuilder::set_overprovisioning_percent(uint32_t percent) {
  set_->overprovisioning_percent_ = percent;
}

void HostSetBuilder::set_logical_address(const net::Address& address) {
  set_->logical_address_ = std::make_unique<const net::Address>(address);
}

void HostSetBuilder::Add(const EndpointConfig& endpoint) {
  Known& known = known_[endpoint.address];
  if (known.is_taken) return;
  known.is_taken = true;
  HostPtr host = known.previous == nullptr ? nullptr : Reuse(*known.previous, endpoint);
  if (host == nullptr) {
    known.previous = nullptr;
    host = std::make_shared<Host>(endpoint.address, endpoint.details);
    host->weight_.store(endpoint.weight, std::memory_order_relaxed);
    host->eds_health_.store(endpoint.health, std::memory_order_relaxed);
    ++added_count_;
  }
  members_.push_back({std::move(host), endpoint.priority});
}

HostPtr HostSetBuilder::Reuse(const HostPtr& host, const EndpointConfig& endpoint) {
  if (&host->details() != endpoint.details.get() && !(host->details() == *endpoint.details)) {
    return nullptr;
  }
  values_changed_ |= host->weight() != endpoint.weight || host->eds_health() != endpoint.health;
  host->weight_.store(endpoint.weight, std::memory_order_relaxed);
  host->eds_health_.store(endpoint.health, std::memory_order_relaxed);
  return host;
}

HostSetUpdate HostSetBuilder::Build(base::Random& random) {
  PlaceMembers();
  const std::vector<PriorityHealth> health = CountHealth();
  HostSetUpdate update;
  if (wanted_ == Wanted::kWhenChanged && IsSameAsPrevious()) return update;
  MakeGroups(ShareTraffic(health, set_->overprovisioning_percent_, healthy_panic_percent_), random);
  if (previous_ != nullptr) {
    for (const HostPtr& host : previous_->hosts()) {
      const Known& known = known_[host->address()];
      if (!known.is_taken || known.previous == nullptr) update.removed.push_back(host);
    }
  }
  update.added_count = added_count_;
  update.set = std::move(set_);
  return update;
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
  for (uint32_t priority = 0; priority < counts.size(); ++priority) {
    for (const HostPtr& host : set_->hosts_of(priority)) {
      ++counts[priority].total;
      counts[priority].healthy += host->eds_health() == EdsHealth::kHealthy;
      counts[priority].degraded += host->eds_health() == EdsHealth::kDegraded;
    }
    set_->healthy_count_ += counts[priority].healthy;
    set_->degraded_count_ += counts[priority].degraded;
  }
  return counts;
}

bool HostSetBuilder::IsSameAsPrevious() const {
  return previous_ != nullptr && !values_changed_ && previous_->hosts_ == set_->hosts_ &&
         previous_->ends_ == set_->ends_ &&
         previous_->overprovisioning_percent_ == set_->overprovisioning_percent_ &&
         IsSameAddress(previous_->logical_address(), set_->logical_address());
}

void HostSetBuilder::MakeGroups(const std::vector<PriorityShare>& shares, base::Random& random) {
  set_->groups_ = std::make_unique<HostGroup[]>(shares.size());
  for (const PriorityShare& share : shares) {
    HostGroup& group = set_->groups_[set_->group_count_++];
    FillGroup(share, group);
    group.sequence_.store(FirstInSequence(group, random), std::memory_order_relaxed);
  }
}

void HostSetBuilder::FillGroup(const PriorityShare& share, HostGroup& group) const {
  group.priority_ = share.priority;
  group.load_percent_ = static_cast<uint8_t>(share.percent);
  group.is_panicking_ = share.kind == HostKind::kAll;
  const absl::Span<const HostPtr> all = set_->hosts_of(share.priority);
  const auto fits = [&](const HostPtr& host) { return IsOfKind(*host, share.kind); };
  if (std::all_of(all.begin(), all.end(), fits)) {
    group.hosts_ = all;
  } else {
    const auto count = static_cast<size_t>(std::count_if(all.begin(), all.end(), fits));
    group.own_hosts_ = std::make_unique<HostPtr[]>(count);
    std::copy_if(all.begin(), all.end(), group.own_hosts_.get(), fits);
    group.hosts_ = absl::MakeConstSpan(group.own_hosts_.get(), count);
  }
  group.weights_ = MakeWeights(group.hosts_);
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

std::vector<EndpointConfig> EndpointsOf(const HostSet& set) {
  std::vector<EndpointConfig> endpoints;
  endpoints.reserve(set.hosts().size());
  for (size_t i = 0; i < set.hosts().size(); ++i) {
    const Host& host = *set.hosts()[i];
    EndpointConfig endpoint;
    endpoint.address = host.address();
    endpoint.details = host.shared_details();
    endpoint.weight = host.weight();
    endpoint.health = host.eds_health();
    endpoint.priority = set.PriorityOf(i);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

}  // namespace weir::balancing
