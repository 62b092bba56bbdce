#include "source/clusters/cluster_definition.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "source/clusters/destination_discovery.h"

namespace weir::clusters {
namespace {

// What workers find out, brought to main.
class PostedFindings final : public upstream::TrafficFindings {
 public:
  using OnFailure = std::function<void(const balancing::HostPtr&)>;
  PostedFindings(event::Loop& main, OnFailure on_failure)
      : main_(main), on_failure_(std::move(on_failure)) {}

  void OnImmediateFailure(const balancing::HostPtr& host) override {
    // Once is enough, however many of its answers say so.
    if (host->has(balancing::HealthFlag::kExcluded)) return;
    main_.Post([on_failure = on_failure_, host] { on_failure(host); });
  }

 private:
  event::Loop& main_;
  const OnFailure on_failure_;
};

}  // namespace

ClusterDefinition::ClusterDefinition(uint64_t hash, balancing::Assignment configured,
                                     std::unique_ptr<upstream::Cluster> cluster,
                                     upstream::MembershipStatsGroup membership, event::Loop& main,
                                     DefinitionListener& listener)
    : hash_(hash),
      owned_(std::move(cluster)),
      cluster_(owned_.get()),
      membership_(std::move(membership)),
      main_(main),
      listener_(listener),
      configured_(std::make_unique<balancing::Assignment>(std::move(configured))) {
  const balancing::BalancerConfig& balancer = config().options->balancer;
  if (balancing::LiveWeights::AreNeeded(balancer)) {
    weighing_ = std::make_unique<Weighing>(*this, balancer);
  }
}

ClusterDefinition::Weighing::Weighing(ClusterDefinition& definition,
                                      const balancing::BalancerConfig& config)
    : weights(config), timer(definition.main_, [&definition] {
        if (definition.WeighAnew()) definition.MakeGroups();
      }) {}

void ClusterDefinition::UseDestinations(balancing::DestinationStatsGroup stats) {
  balancing::DestinationTable& table = *cluster_->balancer().destinations();
  table.SetStats(std::move(stats));
  discovery_ = std::make_unique<DestinationDiscovery>(
      main_, config().options->destinations, table,
      [this](const auto& added, std::vector<balancing::HostPtr> removed) {
        OnDestinations(added, std::move(removed));
      });
}

absl::Status ClusterDefinition::Prepare(net::DnsResolver* resolver) {
  if (config().dns == nullptr) return absl::OkStatus();
  if (resolver == nullptr) return absl::FailedPreconditionError("there is no DNS resolver");
  discovery_ = std::make_unique<DnsDiscovery>(main_, *resolver, config(), std::move(*configured_),
                                              static_cast<DnsListener&>(*this));
  return discovery_->Prepare();
}

void ClusterDefinition::UseChecks(health::CheckThreads& threads,
                                  std::unique_ptr<const health::CheckedCluster> cluster) {
  watch().checks = std::make_unique<health::ActiveChecks>(
      threads, std::move(cluster), static_cast<health::ActiveChecks::Listener&>(*this));
  watch().self = std::make_shared<ClusterDefinition*>(this);
  cluster_->SetFindings(std::make_unique<PostedFindings>(
      main_,
      [self = std::weak_ptr<ClusterDefinition*>(watch().self)](const balancing::HostPtr& host) {
        const std::shared_ptr<ClusterDefinition*> definition = self.lock();
        if (definition != nullptr) (*definition)->checks()->OnImmediateFailure(host);
      }));
}

ClusterDefinition::Watch& ClusterDefinition::watch() {
  if (watch_ == nullptr) watch_ = std::make_unique<Watch>();
  return *watch_;
}

void ClusterDefinition::Start() {
  const std::unique_ptr<balancing::Assignment> configured = std::move(configured_);
  if (discovery_ != nullptr) discovery_->Start();
  if (config().type == upstream::DiscoveryType::kOriginalDst) return NoteEndpointsKnown();
  if (discovery_ != nullptr || config().type == upstream::DiscoveryType::kEds) return;
  Apply(*configured, net::Address());
  NoteEndpointsKnown();
}

void ClusterDefinition::ApplyAssignment(const balancing::Assignment& assignment) {
  upstream::MembershipStats& stats = membership_->Here();
  stats.update_attempt.Add();
  stats.update_success.Add();
  if (assignment.endpoints.empty()) stats.update_empty.Add();
  Apply(assignment, net::Address());
  NoteEndpointsKnown();
}

void ClusterDefinition::StopWaiting() { NoteEndpointsKnown(); }

void ClusterDefinition::CountRejectedUpdate() {
  membership_->Here().update_attempt.Add();
  membership_->Here().update_failure.Add();
}

void ClusterDefinition::OnEndpoints(balancing::Assignment assignment,
                                    const net::Address& logical_address) {
  Apply(assignment, logical_address);
}

void ClusterDefinition::OnLookup(DnsLookup::Outcome outcome) {
  upstream::MembershipStats& stats = membership_->Here();
  stats.update_attempt.Add();
  (outcome == DnsLookup::Outcome::kAnswered ? stats.update_success : stats.update_failure).Add();
}

void ClusterDefinition::Apply(const balancing::Assignment& assignment,
                              const net::Address& logical_address) {
  // Held while the builder looks at it.
  const std::shared_ptr<const balancing::HostSet> inherited =
      is_live() ? nullptr : listener_.HostsToInherit(*this);
  const std::shared_ptr<const balancing::HostSet> before =
      inherited != nullptr ? inherited : cluster_->hosts().Load();
  const auto wanted = inherited != nullptr ? balancing::HostSetBuilder::Wanted::kAlways
                                           : balancing::HostSetBuilder::Wanted::kWhenChanged;
  balancing::HostSetBuilder builder(before.get(), GroupingNow(), wanted);
  builder.set_new_hosts_await_checks(checks() != nullptr,
                                     config().options->ignores_unchecked_hosts);
  for (const balancing::EndpointConfig& endpoint : assignment.endpoints) builder.Add(endpoint);
  if (checks() != nullptr && inherited == nullptr) {
    watch().leaving =
        builder.KeepOthers([this](const balancing::Host& host) { return StaysWhenRemoved(host); });
  }
  builder.TakePolicy(assignment);
  if (logical_address.is_set()) builder.set_logical_address(logical_address);
  balancing::HostSetUpdate update = builder.Build(base::Random::OfThread());
  if (update.set == nullptr) {
    membership_->Here().update_no_rebuild.Add();
    return;
  }
  cluster_->SetHosts(std::move(update.set));
  if (checks() != nullptr) checks()->SetHosts(cluster_->hosts().Load()->hosts());
  RampUp(*before, update.added);
  if (!update.added.empty() || !update.removed.empty()) {
    membership_->Here().membership_change.Add();
  }
  if (is_live()) TellOfHosts(std::move(update.removed));
}

void ClusterDefinition::OnDestinations(const std::vector<balancing::HostPtr>& added,
                                       std::vector<balancing::HostPtr> removed) {
  const std::shared_ptr<const balancing::HostSet> before = cluster_->hosts().Load();
  balancing::HostSetBuilder builder(before.get(), GroupingNow());
  cluster_->SetHosts(builder.Continue(added, removed, base::Random::OfThread()));
  membership_->Here().membership_change.Add();
  TellOfHosts(std::move(removed));
}

void ClusterDefinition::TellOfHosts(std::vector<balancing::HostPtr> removed) {
  if (outliers() != nullptr) outliers()->SetHosts(cluster_->hosts().Load()->hosts());
  ShowMembership();
  listener_.OnHostsChanged(*this, std::move(removed));
}

bool ClusterDefinition::StaysWhenRemoved(const balancing::Host& host) const {
  return !config().options->drops_removed_hosts && !host.is_exempt_from_checks() &&
         !host.has(balancing::HealthFlag::kFailedActiveCheck) &&
         !host.has(balancing::HealthFlag::kExcluded) &&
         host.eds_health() != balancing::EdsHealth::kUnhealthy;
}

void ClusterDefinition::OnChecked(bool has_changed) {
  if (has_changed) DropFailedLeaving();
  // Before it is live nobody looks at its groups until all hosts are known.
  if (is_live() && has_changed) OnHealthChanged();
  if (!is_live() && checks()->has_first_round()) Regroup();
  BecomeWarmIfReady();
}

void ClusterDefinition::OnEjectedPassed(balancing::Host& host) {
  if (outliers() != nullptr) outliers()->OnActiveCheckPassed(host);
}

void ClusterDefinition::DropFailedLeaving() {
  const auto has_failed = [this](const balancing::HostPtr& host) {
    return !StaysWhenRemoved(*host);
  };
  const std::vector<balancing::HostPtr>& leaving = watch_->leaving;
  if (std::none_of(leaving.begin(), leaving.end(), has_failed)) return;
  const std::shared_ptr<const balancing::HostSet> hosts = cluster_->hosts().Load();
  balancing::Assignment assignment = balancing::AssignmentOf(*hosts);
  std::erase_if(assignment.endpoints, [&](const balancing::EndpointConfig& endpoint) {
    return std::any_of(leaving.begin(), leaving.end(), [&](const balancing::HostPtr& host) {
      return host->address() == endpoint.address;
    });
  });
  Apply(assignment,
        hosts->logical_address() == nullptr ? net::Address() : *hosts->logical_address());
}

balancing::Grouping ClusterDefinition::GroupingNow() {
  balancing::Grouping grouping;
  grouping.config = &config().options->balancer;
  grouping.balancer = &cluster_->balancer();
  if (weighing_ != nullptr && weighing_->weights.do_differ())
    grouping.weights = &weighing_->weights;
  grouping.own_zone = listener_.own_zone();
  return grouping;
}

void ClusterDefinition::MakeGroups() {
  const std::shared_ptr<const balancing::HostSet> hosts = cluster_->hosts().Load();
  balancing::HostSetBuilder builder(hosts.get(), GroupingNow());
  cluster_->SetHosts(builder.Regroup(base::Random::OfThread()));
}

void ClusterDefinition::Regroup() {
  WeighAnew();
  MakeGroups();
  if (!is_live()) return;
  ShowMembership();
  listener_.OnHostsChanged(*this, {});
}

// Where nobody served before, nobody is to be spared.
void ClusterDefinition::RampUp(const balancing::HostSet& before,
                               absl::Span<const balancing::HostPtr> added) {
  if (weighing_ == nullptr) return;
  if (before.healthy_count() + before.degraded_count() == 0) added = {};
  weighing_->weights.OnJoined(added, main_.now_ms());
  // The set was made before these had begun, and those that are well again are found on the way.
  listener_.OnRegroupNeeded(*this);
}

bool ClusterDefinition::WeighAnew() {
  if (weighing_ == nullptr) return false;
  balancing::LiveWeights& weights = weighing_->weights;
  const bool have_changed = weights.Advance(cluster_->hosts().Load()->hosts(), main_.now_ms());
  if (const std::optional<int64_t> next_ms = weights.NextTickMs()) weighing_->timer.Arm(*next_ms);
  return have_changed;
}

bool ClusterDefinition::has_transport() const {
  return config().transport == nullptr || config().transport->is_settled();
}

void ClusterDefinition::OnTransport() { BecomeWarmIfReady(); }

void ClusterDefinition::NoteEndpointsKnown() {
  knows_endpoints_ = true;
  BecomeWarmIfReady();
}

void ClusterDefinition::BecomeWarmIfReady() {
  if (is_warm_ || !knows_endpoints_ || !has_transport()) return;
  if (checks() != nullptr && !checks()->has_first_round()) return;
  is_warm_ = true;
  listener_.OnWarm(*this);
}

std::unique_ptr<upstream::Cluster> ClusterDefinition::GoLive() {
  std::unique_ptr<upstream::Cluster> cluster = std::move(owned_);
  if (checks() == nullptr) ForgetChecks();
  ShowMembership();
  return cluster;
}

void ClusterDefinition::DetectOutliers(std::unique_ptr<health::OutlierDetector> detector) {
  watch().outliers = std::move(detector);
  outliers()->SetHosts(cluster_->hosts().Load()->hosts());
}

// Of the definition before, which had some.
void ClusterDefinition::ForgetChecks() {
  bool has_changed = false;
  const std::shared_ptr<const balancing::HostSet> hosts = cluster_->hosts().Load();
  for (const balancing::HostPtr& host : hosts->hosts()) has_changed |= host->ForgetActiveChecks();
  if (has_changed) OnHealthChanged();
}

void ClusterDefinition::ShowMembership() {
  const std::shared_ptr<const balancing::HostSet> hosts = cluster_->hosts().Load();
  upstream::MembershipStats& stats = membership_->Here();
  stats.membership_total.Set(static_cast<int64_t>(hosts->hosts().size()));
  stats.membership_healthy.Set(hosts->healthy_count());
  stats.membership_degraded.Set(hosts->degraded_count());
  stats.membership_excluded.Set(hosts->excluded_count());
  uint32_t heaviest = 0;
  for (const balancing::HostPtr& host : hosts->hosts())
    heaviest = std::max(heaviest, host->weight());
  stats.max_host_weight.Set(heaviest);
}

}  // namespace weir::clusters
