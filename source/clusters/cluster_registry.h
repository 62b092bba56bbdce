// ClusterManager as it is. Main thread, except where the contract says otherwise: `mutex_` guards
// the entries against other threads' reading; main reads without it.
//
// An entry is a name that a route or a definition has mentioned. It stays, with its slot; what
// comes and goes is its live definition and the one that is warming to replace it.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "source/clusters/cluster_definition.h"
#include "source/clusters/cluster_manager.h"
#include "source/clusters/draining_hosts.h"
#include "source/clusters/eds_users.h"
#include "source/clusters/leaving_clusters.h"
#include "source/clusters/manager_stats.h"
#include "source/clusters/named_slot.h"
#include "source/clusters/turn_barrier.h"
#include "source/health/check_threads.h"

namespace weir::clusters {

class ClusterRegistry final : public ClusterManager,
                              private DefinitionListener,
                              private event::TurnEndHook {
 public:
  explicit ClusterRegistry(const Options& options);
  ~ClusterRegistry() override;

  ClusterSlot& Slot(std::string_view name) override { return EntryOf(name).slot; }
  ClusterSlot* FindSlot(std::string_view name) const override;
  bool AddOrUpdate(const envoy::config::cluster::v3::Cluster& proto, bool via_api,
                   std::string_view version, config::Faults& faults) override;
  bool Remove(std::string_view name) override;
  void AddReference(ClusterSlot& slot) override;
  void DropReference(ClusterSlot& slot) override;
  void OnClustersAdded(std::function<void()> changed) override;
  bool UpdateEndpoints(const xds::ResourceSource* source,
                       const envoy::config::endpoint::v3::ClusterLoadAssignment& proto,
                       config::Faults& faults) override;
  void EndpointsMissing(const xds::ResourceSource* source, std::string_view eds_name) override;
  void OnTransportsSettled() override;
  void WhenInitialized(std::function<void()> done) override;
  bool Has(std::string_view name) const override;
  bool IsDefined(std::string_view name) const override;
  std::vector<std::string> LiveNames() const override;
  std::shared_ptr<const ClusterView> View(std::string_view name) const override;
  std::vector<std::shared_ptr<const ClusterView>> Clusters() const override;
  void Shutdown() override;

 private:
  struct Entry {
    Entry(std::string name, uint32_t index, event::Loop* main, const ClusterThreads& threads)
        : slot(std::move(name), index, main, threads) {}

    const ClusterDefinition* newest() const { return warming ? warming.get() : live.get(); }
    bool is_static() const { return newest() != nullptr && !newest()->cluster().origin().via_api; }

    NamedSlot slot;
    std::unique_ptr<ClusterDefinition> live;
    std::unique_ptr<ClusterDefinition> warming;
    uint32_t references = 0;  // by live configuration
    // As what it was counted last.
    bool is_active = false, is_warming = false;
    bool is_waited_for = false;  // start-up waits until it is live
  };

  // Entries are looked up by their slots' names.
  static std::string_view NameOf(const Entry* entry) { return entry->slot.name(); }
  static std::string_view NameOf(std::string_view name) { return name; }
  struct NameHash {
    using is_transparent = void;
    template <class T>
    size_t operator()(const T& named) const {
      return std::hash<std::string_view>()(NameOf(named));
    }
  };
  struct NameEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return NameOf(a) == NameOf(b);
    }
  };

  // DefinitionListener
  void OnWarm(ClusterDefinition& definition) override;
  std::shared_ptr<const balancing::HostSet> HostsToInherit(ClusterDefinition& heir) override;
  void OnHostsChanged(ClusterDefinition& definition,
                      std::vector<balancing::HostPtr> removed) override;

  void OnRegroupNeeded(ClusterDefinition& definition) override;
  const balancing::OwnZone* own_zone() const override {
    return own_zone_.has_value() ? &*own_zone_ : nullptr;
  }

  void OnTurnEnd() override;

  Entry& EntryOf(std::string_view name);
  Entry* FindEntry(std::string_view name) const;
  bool IsKnown(Entry& entry, uint64_t hash);
  std::unique_ptr<ClusterDefinition> MakeDefinition(Entry& entry, uint64_t hash,
                                                    ParsedCluster parsed,
                                                    upstream::Cluster::Origin origin);
  // Has its hosts checked. False: faults say why not.
  bool UseChecks(ClusterDefinition& definition,
                 const std::shared_ptr<const health::HealthCheckConfig>& check,
                 config::Faults& faults);
  std::shared_ptr<upstream::CircuitBreakers> BreakersFor(Entry& entry,
                                                         const upstream::ClusterConfig& config,
                                                         const upstream::ClusterStatsGroup& stats);
  void StartWarming(Entry& entry, std::unique_ptr<ClusterDefinition> definition);
  void BeginUse(ClusterDefinition& definition);
  void EndUse(ClusterDefinition& definition);
  // Each once, even if both its definitions use the name.
  std::vector<Entry*> EntriesThatUse(std::string_view eds_name) const;
  // What another definition that uses the same endpoints has learned already.
  void SeedFromOthers(Entry& entry);
  // Puts `next` into `place` and lets go of what was there.
  void Replace(Entry& entry, std::unique_ptr<ClusterDefinition>& place,
               std::unique_ptr<ClusterDefinition> next);
  // No live configuration names it any more. A worker may be in the middle of a turn in which it
  // still goes by one that did: it is removed once all of them have begun another.
  void RemoveUnnamed(Entry& entry);
  void RemoveNow(Entry& entry);
  // After each change of what it has live and warming.
  void Recount(Entry& entry);
  void CheckInitialized();
  void LearnOwnZone(const ClusterDefinition& own);
  void DetectOutliers(ClusterDefinition& definition);

  event::Loop& main_;
  stats::Store& stats_;
  net::DnsResolver* const dns_;
  const ClientTransportParser* const transports_;
  base::LineWriter* const log_writer_;
  health::CheckThreads check_threads_;  // outlive the definitions
  EndpointSource* const endpoints_;
  health::OutlierEventLog* const outlier_log_;
  const std::string local_cluster_;  // empty: none
  const balancing::Locality locality_;
  std::optional<balancing::OwnZone> own_zone_;
  const std::shared_ptr<stats::Group<ManagerStats>> manager_stats_;
  upstream::GrpcStatsBook grpc_stats_;
  ClusterThreads threads_;
  EdsUsers<ClusterDefinition> eds_users_;
  LeavingClusters<Entry> leaving_;
  TurnBarrier worker_turns_;
  base::SharedText version_;  // of the newest definition: many have the same
  std::vector<std::function<void()>> when_added_;
  bool clusters_were_added_ = false;                    // in this turn
  absl::flat_hash_set<ClusterDefinition*> regrouping_;  // at the end of this turn
  // Warming, and perhaps held up by a secret.
  absl::flat_hash_set<Entry*> await_secrets_;
  std::vector<std::function<void()>> when_initialized_;
  size_t waited_for_count_ = 0;

  mutable std::shared_mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;  // by slot index
  absl::flat_hash_set<Entry*, NameHash, NameEqual> by_name_;
  DrainingHosts draining_;
};

}  // namespace weir::clusters
