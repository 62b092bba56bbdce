// One definition of a cluster on the main thread, from when it is accepted until it is replaced:
// learns its endpoints and turns them into the hosts that workers see.
//
//     new ─Start─► warming ──endpoints are known──► warm ─GoLive─► live (hosts still change)
//
// Endpoints of STATIC are known at once, as is that ORIGINAL_DST has none, of DNS when every name
// was looked up, of EDS when the first assignment came or is not waited for any longer. A TLS
// transport whose secrets are on their way is waited for as well, and where hosts are checked the
// first check of each.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "source/balancing/destination_stats.h"
#include "source/balancing/host_set_builder.h"
#include "source/balancing/live_weights.h"
#include "source/clusters/cluster_parser.h"
#include "source/clusters/dns_discovery.h"
#include "source/clusters/host_discovery.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/health/active_checks.h"
#include "source/health/outlier_detector.h"
#include "source/upstream/cluster.h"

namespace weir::clusters {

class ClusterDefinition;

class DefinitionListener {
 public:
  // Called once. The definition must not be destroyed in these calls.
  virtual void OnWarm(ClusterDefinition& definition) = 0;
  // The hosts of the definition that this one will replace, to be kept where they are the same;
  // null for none.
  virtual std::shared_ptr<const balancing::HostSet> HostsToInherit(ClusterDefinition& heir) = 0;
  // The hosts of a live definition changed; `removed` are no longer among them.
  virtual void OnHostsChanged(ClusterDefinition& definition,
                              std::vector<balancing::HostPtr> removed) = 0;
  // Its Regroup() is to be called at the end of the turn.
  virtual void OnRegroupNeeded(ClusterDefinition& definition) = 0;
  // Where the proxy stands; null: not known.
  virtual const balancing::OwnZone* own_zone() const = 0;

 protected:
  ~DefinitionListener() = default;
};

class ClusterDefinition final : private DnsListener, private health::ActiveChecks::Listener {
 public:
  // `hash`: of what it was parsed from.
  ClusterDefinition(uint64_t hash, balancing::Assignment configured,
                    std::unique_ptr<upstream::Cluster> cluster,
                    upstream::MembershipStatsGroup membership, event::Loop& main,
                    DefinitionListener& listener);

  // First of all, for type ORIGINAL_DST: its hosts come with requests.
  void UseDestinations(balancing::DestinationStatsGroup stats);
  // Before Start. `resolver` may be null unless a DNS type asks for it.
  absl::Status Prepare(net::DnsResolver* resolver);
  // Likewise: its hosts are to be checked. `threads` outlive it.
  void UseChecks(health::CheckThreads& threads,
                 std::unique_ptr<const health::CheckedCluster> cluster);
  void Start();

  // EDS. Warms it.
  void ApplyAssignment(const balancing::Assignment& assignment);
  void StopWaiting();
  void CountRejectedUpdate();

  // Whether its transport need not be waited for; OnTransport() when it need not any longer.
  bool has_transport() const;
  void OnTransport();

  // Health flags of its hosts, or what else decides about shares, have changed: it is grouped anew
  // at the end of the turn, once.
  void OnHealthChanged() { listener_.OnRegroupNeeded(*this); }
  void Regroup();

  void set_outlier_config(std::unique_ptr<const health::OutlierConfig> config) {
    if (config != nullptr) watch().outlier_config = std::move(config);
  }
  const health::OutlierConfig* outlier_config() const {
    return watch_ == nullptr ? nullptr : watch_->outlier_config.get();
  }
  // Once it is live. Until then the definition that it replaces looks for hosts that fail.
  void DetectOutliers(std::unique_ptr<health::OutlierDetector> detector);
  // Null: nobody does.
  health::OutlierDetector* outliers() const {
    return watch_ == nullptr ? nullptr : watch_->outliers.get();
  }

  // From now on `cluster()` is the slot's, and the gauges tell of this definition.
  std::unique_ptr<upstream::Cluster> GoLive();

  upstream::Cluster& cluster() const { return *cluster_; }
  const upstream::ClusterConfig& config() const { return *cluster_->config(); }
  std::string_view eds_name() const { return config().eds_name(); }
  uint64_t hash() const { return hash_; }
  bool is_warm() const { return is_warm_; }
  bool knows_endpoints() const { return knows_endpoints_; }
  bool is_live() const { return owned_ == nullptr; }

 private:
  struct Weighing {
    Weighing(ClusterDefinition& definition, const balancing::BalancerConfig& config);
    balancing::LiveWeights weights;
    event::Timer timer;
  };
  // Of clusters whose hosts are watched.
  struct Watch {
    std::unique_ptr<health::ActiveChecks> checks;  // null where hosts are not checked
    std::vector<balancing::HostPtr> leaving;       // stay although they left the assignment
    std::shared_ptr<ClusterDefinition*> self;      // likewise; what is posted finds it by this
    std::unique_ptr<const health::OutlierConfig> outlier_config;  // null: nobody looks
    std::unique_ptr<health::OutlierDetector> outliers;
  };

  // DnsListener
  void OnEndpoints(balancing::Assignment assignment, const net::Address& logical_address) override;
  void OnLookup(DnsLookup::Outcome outcome) override;
  void OnSettled() override { NoteEndpointsKnown(); }
  // health::ActiveChecks::Listener
  void OnChecked(bool has_changed) override;
  void OnEjectedPassed(balancing::Host& host) override;

  void Apply(const balancing::Assignment& assignment, const net::Address& logical_address);
  void OnDestinations(const std::vector<balancing::HostPtr>& added,
                      std::vector<balancing::HostPtr> removed);
  // What a change of the hosts of a live definition brings with it.
  void TellOfHosts(std::vector<balancing::HostPtr> removed);
  // A host that leaves the assignment stays while its checks find it well.
  bool StaysWhenRemoved(const balancing::Host& host) const;
  void DropFailedLeaving();
  balancing::Grouping GroupingNow();
  void MakeGroups();
  // Those that joined, or are well again, ramp up where the definition says so.
  void RampUp(const balancing::HostSet& before, absl::Span<const balancing::HostPtr> added);
  // False: the weights are what they were.
  bool WeighAnew();
  void NoteEndpointsKnown();
  void BecomeWarmIfReady();
  void ForgetChecks();
  Watch& watch();
  health::ActiveChecks* checks() const {
    return watch_ == nullptr ? nullptr : watch_->checks.get();
  }
  void ShowMembership();

  const uint64_t hash_;
  std::unique_ptr<upstream::Cluster> owned_;  // null once live
  upstream::Cluster* const cluster_;
  const upstream::MembershipStatsGroup membership_;
  event::Loop& main_;
  DefinitionListener& listener_;
  std::unique_ptr<balancing::Assignment> configured_;  // until Start
  std::unique_ptr<HostDiscovery> discovery_;           // null: STATIC and EDS
  std::unique_ptr<Weighing> weighing_;  // null where weights are those of the endpoints
  std::unique_ptr<Watch> watch_;        // made where it is needed
  bool knows_endpoints_ = false;
  bool is_warm_ = false;
};

}  // namespace weir::clusters
