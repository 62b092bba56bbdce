#include "source/clusters/cluster_registry.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "source/base/log.h"
#include "source/base/strings.h"
#include "source/clusters/endpoint_parser.h"
#include "source/clusters/message_hash.h"
#include "source/clusters/own_zone.h"
#include "source/clusters/worker_clusters.h"

namespace weir::clusters {
namespace {

// Envoy's: a ':' would end the name in some statistics sinks.
std::string StatPrefix(const upstream::ClusterConfig& config) {
  std::string name(config.stat_name());
  std::replace(name.begin(), name.end(), ':', '_');
  return "cluster." + name;
}

std::vector<stats::Tag> StatTags(const upstream::ClusterConfig& config) {
  return {{"envoy_cluster_name", StatPrefix(config).substr(sizeof("cluster.") - 1)}};
}

std::shared_ptr<const health::ClusterSuccessRates> SuccessRatesOf(
    const ClusterDefinition& definition) {
  return definition.outliers() == nullptr ? nullptr : definition.outliers()->success_rates();
}

}  // namespace

std::unique_ptr<ClusterManager> ClusterManager::Create(const Options& options) {
  return std::make_unique<ClusterRegistry>(options);
}

ClusterRegistry::ClusterRegistry(const Options& options)
    : main_(options.main),
      stats_(options.stats),
      dns_(options.dns),
      transports_(options.transports),
      log_writer_(options.log_writer),
      check_threads_(options.main, options.workers),
      endpoints_(options.endpoints),
      outlier_log_(options.outlier_log),
      local_cluster_(options.local_cluster),
      locality_(options.locality),
      manager_stats_(stats_.AddGroup<ManagerStats>("cluster_manager")),
      grpc_stats_(stats_),
      leaving_(options.main, [this](Entry& entry) { RemoveNow(entry); }),
      worker_turns_(options.main, options.workers) {
  threads_.push_back(std::make_unique<WorkerClusters>(options.main, &grpc_stats_));
  for (event::Loop* worker : options.workers) {
    threads_.push_back(std::make_unique<WorkerClusters>(*worker, &grpc_stats_));
  }
}

ClusterRegistry::~ClusterRegistry() {
  // Connections first: what they give back on their way still finds the slots.
  for (auto& thread : threads_) thread.reset();
}

ClusterSlot* ClusterRegistry::FindSlot(std::string_view name) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  Entry* const entry = FindEntry(name);
  return entry == nullptr ? nullptr : &entry->slot;
}

ClusterRegistry::Entry* ClusterRegistry::FindEntry(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : *found;
}

ClusterRegistry::Entry& ClusterRegistry::EntryOf(std::string_view name) {
  if (Entry* const known = FindEntry(name)) return *known;
  std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto index = static_cast<uint32_t>(entries_.size());
  entries_.push_back(std::make_unique<Entry>(std::string(name), index, &main_, threads_));
  Entry& entry = *entries_.back();
  by_name_.insert(&entry);
  return entry;
}

bool ClusterRegistry::Has(std::string_view name) const {
  const Entry* const entry = FindEntry(name);
  return entry != nullptr && entry->live != nullptr;
}

bool ClusterRegistry::IsDefined(std::string_view name) const {
  const Entry* const entry = FindEntry(name);
  return entry != nullptr && entry->newest() != nullptr;
}

bool ClusterRegistry::AddOrUpdate(const envoy::config::cluster::v3::Cluster& proto, bool via_api,
                                  std::string_view version, config::Faults& faults) {
  const uint64_t hash = HashMessage(proto);
  Entry* const known = FindEntry(proto.name());
  if (known != nullptr && via_api && known->is_static()) {
    faults.AddIgnored("name", base::StrCat("cluster '", proto.name(), "' is in the bootstrap, ",
                                           "which cannot be changed"));
    return true;
  }
  if (known != nullptr) leaving_.Remove(*known);
  if (known != nullptr && IsKnown(*known, hash)) return true;
  std::optional<ParsedCluster> parsed = ParseCluster(proto, faults, transports_, endpoints_);
  if (!parsed.has_value()) return false;

  Entry& entry = EntryOf(proto.name());
  const std::shared_ptr<const health::HealthCheckConfig> check = parsed->check;
  std::unique_ptr<const health::OutlierConfig> outliers = std::move(parsed->outliers);
  auto definition =
      MakeDefinition(entry, hash, *std::move(parsed),
                     {via_api, base::SharedText::Like(version_, version), main_.wall_us()});
  definition->set_outlier_config(std::move(outliers));
  if (const absl::Status status = definition->Prepare(dns_); !status.ok()) {
    faults.Add("", std::string(status.message()));
    return false;
  }
  if (check != nullptr && !UseChecks(*definition, check, faults)) return false;
  WEIR_LOG(kDebug, "upstream", "cluster '", proto.name(), "' is new or changed");
  ManagerStats& stats = manager_stats_->Here();
  (entry.newest() == nullptr ? stats.cluster_added : stats.cluster_modified).Add();
  StartWarming(entry, std::move(definition));
  return true;
}

// The newest definition is the same, or the live one is and what was to replace it is withdrawn.
bool ClusterRegistry::IsKnown(Entry& entry, uint64_t hash) {
  if (entry.warming != nullptr && entry.warming->hash() == hash) return true;
  if (entry.live == nullptr || entry.live->hash() != hash) return false;
  Replace(entry, entry.warming, nullptr);
  return true;
}

std::unique_ptr<ClusterDefinition> ClusterRegistry::MakeDefinition(
    Entry& entry, uint64_t hash, ParsedCluster parsed, upstream::Cluster::Origin origin) {
  const upstream::ClusterConfig& config = *parsed.config;
  const std::string prefix = StatPrefix(config);
  const std::vector<stats::Tag> tags = StatTags(config);
  upstream::ClusterStatsGroup stats = stats_.AddGroup<upstream::ClusterStats>(prefix, tags);
  upstream::Http2StatsGroup http2_stats;
  if (config.may_use_http2()) {
    http2_stats = stats_.AddGroup<http2::Stats>(base::StrCat(prefix, ".http2"), tags);
  }
  auto cluster =
      std::make_unique<upstream::Cluster>(&main_, parsed.config, BreakersFor(entry, config, stats),
                                          std::move(origin), std::move(http2_stats));
  auto definition =
      std::make_unique<ClusterDefinition>(hash, std::move(parsed.assignment), std::move(cluster),
                                          stats_.AddGroupBeside<upstream::MembershipStats>(*stats),
                                          main_, static_cast<DefinitionListener&>(*this));
  if (config.type == upstream::DiscoveryType::kOriginalDst) {
    definition->UseDestinations(stats_.AddGroupBeside<balancing::DestinationStats>(*stats));
  }
  return definition;
}

bool ClusterRegistry::UseChecks(ClusterDefinition& definition,
                                const std::shared_ptr<const health::HealthCheckConfig>& check,
                                config::Faults& faults) {
  const upstream::ClusterConfig& config = definition.config();
  auto cluster = std::make_unique<health::CheckedCluster>();
  cluster->name = config.name;
  cluster->config = check;
  cluster->connect = config.options->connect;
  cluster->transport = config.transport;
  health::CountChecks(stats_, StatPrefix(config), StatTags(config), *cluster);
  cluster->traffic = definition.cluster().stats();
  if (const absl::Status status = health::OpenEventLog(log_writer_, *cluster); !status.ok()) {
    faults.Add("health_checks[0].event_log_path", std::string(status.message()));
    return false;
  }
  definition.UseChecks(check_threads_, std::move(cluster));
  return true;
}

// What is in use counts on, unless it is counted under another name from now on.
std::shared_ptr<upstream::CircuitBreakers> ClusterRegistry::BreakersFor(
    Entry& entry, const upstream::ClusterConfig& config, const upstream::ClusterStatsGroup& stats) {
  if (entry.live != nullptr && entry.live->cluster().stats() == stats) {
    return entry.live->cluster().shared_breakers();
  }
  return std::make_shared<upstream::CircuitBreakers>(stats, config.options->breakers, &entry.slot);
}

void ClusterRegistry::StartWarming(Entry& entry, std::unique_ptr<ClusterDefinition> definition) {
  Replace(entry, entry.warming, std::move(definition));
  ClusterDefinition& warming = *entry.warming;
  if (!warming.has_transport()) await_secrets_.insert(&entry);
  warming.Start();
  // The control plane has answered for this name, or is not waited for: it will not answer again.
  if (!warming.knows_endpoints() && warming.config().type == upstream::DiscoveryType::kEds) {
    SeedFromOthers(entry);
  }
}

void ClusterRegistry::OnTransportsSettled() {
  for (Entry* const entry : std::exchange(await_secrets_, {})) {
    if (entry->warming == nullptr) continue;
    if (entry->warming->has_transport()) {
      entry->warming->OnTransport();
    } else {
      await_secrets_.insert(entry);
    }
  }
}

void ClusterRegistry::BeginUse(ClusterDefinition& definition) {
  const upstream::ClusterConfig& config = definition.config();
  if (config.type != upstream::DiscoveryType::kEds) return;
  eds_users_.Add(definition);
  if (config.eds_origin != nullptr) endpoints_->BeginUse(*config.eds_origin, config.eds_name());
}

void ClusterRegistry::EndUse(ClusterDefinition& definition) {
  regrouping_.erase(&definition);
  const upstream::ClusterConfig& config = definition.config();
  if (config.type != upstream::DiscoveryType::kEds) return;
  eds_users_.Remove(definition);
  if (config.eds_origin != nullptr) endpoints_->EndUse(*config.eds_origin, config.eds_name());
}

std::vector<ClusterRegistry::Entry*> ClusterRegistry::EntriesThatUse(
    std::string_view eds_name) const {
  std::vector<Entry*> entries;
  for (const ClusterDefinition* user : eds_users_.Of(eds_name)) {
    entries.push_back(FindEntry(user->config().name));
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

void ClusterRegistry::SeedFromOthers(Entry& entry) {
  ClusterDefinition& warming = *entry.warming;
  const xds::ResourceOrigin* const origin = warming.config().eds_origin;
  const xds::ResourceSource* const source = origin == nullptr ? nullptr : origin->source;
  for (const ClusterDefinition* user : eds_users_.Of(warming.eds_name())) {
    if (!user->is_live() || !user->config().takes_endpoints(warming.eds_name(), source)) continue;
    warming.ApplyAssignment(balancing::AssignmentOf(*user->cluster().hosts().Load()));
    return;
  }
}

void ClusterRegistry::Replace(Entry& entry, std::unique_ptr<ClusterDefinition>& place,
                              std::unique_ptr<ClusterDefinition> next) {
  if (next != nullptr) BeginUse(*next);
  if (place != nullptr) EndUse(*place);
  {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    place.swap(next);
  }
  Recount(entry);
  // The old one ends here, outside the lock.
}

void ClusterRegistry::OnWarm(ClusterDefinition& definition) {
  Entry& entry = *FindEntry(definition.config().name);
  definition.cluster().breakers().SetLimits(definition.config().options->breakers);
  std::unique_ptr<ClusterDefinition> old;
  {
    std::unique_lock<std::shared_mutex> lock(mutex_);
    old = std::exchange(entry.live, std::move(entry.warming));
  }
  if (old != nullptr) EndUse(*old);
  if (old == nullptr) {
    clusters_were_added_ = true;
    main_.AtTurnEnd(*this);
  }
  if (old != nullptr && old->cluster().stats() != definition.cluster().stats()) {
    grpc_stats_.Forget(old->cluster().stats());
  }
  const bool had_outliers = old != nullptr && old->outliers() != nullptr;
  old.reset();  // before its cluster, which may end with its place in the slot
  entry.slot.Publish(definition.GoLive());
  // Hosts may have been ejected, or taken back, since its set was made.
  if (had_outliers) definition.OnHealthChanged();
  DetectOutliers(definition);
  if (entry.slot.name() == local_cluster_) LearnOwnZone(definition);
  WEIR_LOG(kDebug, "upstream", "cluster '", entry.slot.name(), "' is live");
  Recount(entry);
}

void ClusterRegistry::DetectOutliers(ClusterDefinition& definition) {
  const upstream::ClusterConfig& config = definition.config();
  if (definition.outlier_config() == nullptr) {
    health::OutlierDetector::TakeBackAll(definition.cluster().hosts().Load()->hosts());
    return;
  }
  auto stats = stats_.AddGroup<health::OutlierStats>(StatPrefix(config) + ".outlier_detection",
                                                     StatTags(config));
  auto detector = std::make_unique<health::OutlierDetector>(
      health::OutlierDetector::Context{main_, base::Random::OfThread(), config.name,
                                       std::move(stats), outlier_log_},
      *definition.outlier_config(), [&definition] { definition.OnHealthChanged(); });
  std::unique_lock<std::shared_mutex> lock(mutex_);  // Clusters() shows what it finds
  definition.DetectOutliers(std::move(detector));
}

std::shared_ptr<const balancing::HostSet> ClusterRegistry::HostsToInherit(ClusterDefinition& heir) {
  const Entry& entry = *FindEntry(heir.config().name);
  return entry.live == nullptr ? nullptr : entry.live->cluster().hosts().Load();
}

void ClusterRegistry::OnHostsChanged(ClusterDefinition& definition,
                                     std::vector<balancing::HostPtr> removed) {
  manager_stats_->Here().cluster_updated.Add();
  if (definition.config().name == local_cluster_) LearnOwnZone(definition);
  const upstream::ClusterOptions& options = *definition.config().options;
  const bool reacts_to_health = options.drains_on_host_change || options.closes_failed_hosts;
  if (removed.empty() && !reacts_to_health) return;
  Entry& entry = *FindEntry(definition.config().name);
  draining_.Note(entry.slot, removed);
  entry.slot.TellHostsChanged(std::move(removed));
}

bool ClusterRegistry::Remove(std::string_view name) {
  Entry* const entry = FindEntry(name);
  if (entry == nullptr || entry->newest() == nullptr || entry->is_static()) return false;
  if (leaving_.Has(*entry)) return true;
  Replace(*entry, entry->warming, nullptr);
  if (entry->live == nullptr) {
    RemoveNow(*entry);
  } else {
    leaving_.Add(*entry);
    if (entry->references == 0) RemoveUnnamed(*entry);
  }
  return true;
}

void ClusterRegistry::RemoveUnnamed(Entry& entry) {
  worker_turns_.Await([this, &entry] {
    // It may have come back, or be named again.
    if (entry.references == 0 && leaving_.Remove(entry)) RemoveNow(entry);
  });
}

void ClusterRegistry::RemoveNow(Entry& entry) {
  if (entry.live != nullptr) {
    grpc_stats_.Forget(entry.live->cluster().stats());
    // The definition first: it refers to the cluster, which may end with its place in the slot.
    Replace(entry, entry.live, nullptr);
    entry.slot.Publish(nullptr);
  }
  manager_stats_->Here().cluster_removed.Add();
  WEIR_LOG(kDebug, "upstream", "cluster '", entry.slot.name(), "' is removed");
}

void ClusterRegistry::AddReference(ClusterSlot& slot) {
  ++entries_[static_cast<NamedSlot&>(slot).index()]->references;
}

void ClusterRegistry::DropReference(ClusterSlot& slot) {
  Entry& entry = *entries_[static_cast<NamedSlot&>(slot).index()];
  if (--entry.references == 0 && leaving_.Has(entry)) RemoveUnnamed(entry);
}

void ClusterRegistry::OnClustersAdded(std::function<void()> changed) {
  when_added_.push_back(std::move(changed));
}

void ClusterRegistry::OnRegroupNeeded(ClusterDefinition& definition) {
  regrouping_.insert(&definition);
  main_.AtTurnEnd(*this);
}

// The own cluster's first, since others may go by it.
void ClusterRegistry::OnTurnEnd() {
  const Entry* const own = local_cluster_.empty() ? nullptr : FindEntry(local_cluster_);
  if (own != nullptr && own->live != nullptr && regrouping_.erase(own->live.get()) > 0) {
    own->live->Regroup();
  }
  for (ClusterDefinition* const definition : std::exchange(regrouping_, {})) definition->Regroup();
  if (!std::exchange(clusters_were_added_, false)) return;
  for (const auto& changed : when_added_) changed();
}

// From how the proxies of the own cluster are spread. Clusters that prefer their zone go by that.
void ClusterRegistry::LearnOwnZone(const ClusterDefinition& own) {
  balancing::OwnZone zone =
      OwnZoneAmong(*own.cluster().hosts().Load(),
                   own.config().options->balancer.healthy_panic_percent, locality_);
  if (own_zone_ == zone) return;
  own_zone_ = std::move(zone);
  for (const auto& entry : entries_) {
    ClusterDefinition* const live = entry->live.get();
    const bool prefers = live != nullptr && live->config().options->balancer.locality_mode ==
                                                balancing::LocalityMode::kZoneAware;
    if (prefers) OnRegroupNeeded(*live);
  }
}

bool ClusterRegistry::UpdateEndpoints(
    const xds::ResourceSource* source,
    const envoy::config::endpoint::v3::ClusterLoadAssignment& proto, config::Faults& faults) {
  const std::vector<Entry*> users = EntriesThatUse(proto.cluster_name());
  const std::optional<balancing::Assignment> assignment =
      ParseAssignment(proto, EndpointNames::kRefused, faults);
  const auto visit = [&](const std::unique_ptr<ClusterDefinition>& definition) {
    if (definition == nullptr) return;
    if (!definition->config().takes_endpoints(proto.cluster_name(), source)) return;
    if (assignment.has_value()) {
      definition->ApplyAssignment(*assignment);
    } else {
      definition->CountRejectedUpdate();
    }
  };
  for (Entry* user : users) {
    visit(user->live);
    visit(user->warming);
  }
  return assignment.has_value();
}

void ClusterRegistry::EndpointsMissing(const xds::ResourceSource* source,
                                       std::string_view eds_name) {
  for (Entry* user : EntriesThatUse(eds_name)) {
    ClusterDefinition* const warming = user->warming.get();
    if (warming == nullptr || !warming->config().takes_endpoints(eds_name, source)) continue;
    WEIR_LOG(kWarning, "upstream", "cluster '", user->slot.name(),
             "' goes live without endpoints: there are none");
    warming->StopWaiting();
  }
}

void ClusterRegistry::WhenInitialized(std::function<void()> done) {
  when_initialized_.push_back(std::move(done));
  CheckInitialized();
}

void ClusterRegistry::Recount(Entry& entry) {
  const bool is_active = entry.live != nullptr;
  const bool is_warming = entry.warming != nullptr;
  const bool is_waited_for =
      !is_active && is_warming && entry.warming->config().options->delays_start;
  ManagerStats& stats = manager_stats_->Here();
  stats.active_clusters.Add(int{is_active} - int{std::exchange(entry.is_active, is_active)});
  stats.warming_clusters.Add(int{is_warming} - int{std::exchange(entry.is_warming, is_warming)});
  waited_for_count_ +=
      size_t{is_waited_for} - size_t{std::exchange(entry.is_waited_for, is_waited_for)};
  CheckInitialized();
}

void ClusterRegistry::CheckInitialized() {
  if (waited_for_count_ > 0) return;
  for (auto& done : std::exchange(when_initialized_, {})) main_.Post(std::move(done));
}

std::vector<std::string> ClusterRegistry::LiveNames() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_) {
    if (entry->live != nullptr) names.push_back(entry->slot.name());
  }
  return names;
}

std::shared_ptr<const ClusterView> ClusterRegistry::View(std::string_view name) const {
  const Entry* const entry = FindEntry(name);
  if (entry == nullptr || entry->live == nullptr) return nullptr;
  std::shared_ptr<ClusterView> view = ViewOf(entry->live->cluster());
  view->draining = draining_.Of(entry->slot);
  view->success_rates = SuccessRatesOf(*entry->live);
  return view;
}

std::vector<std::shared_ptr<const ClusterView>> ClusterRegistry::Clusters() const {
  struct Live {
    std::shared_ptr<const upstream::Cluster> cluster;
    const ClusterSlot* slot;
    std::shared_ptr<const health::ClusterSuccessRates> success_rates;
  };
  std::vector<std::shared_ptr<const ClusterView>> views;
  std::vector<Live> live;
  {
    std::shared_lock<std::shared_mutex> lock(mutex_);
    live.reserve(entries_.size());
    for (const auto& entry : entries_) {
      if (entry->live != nullptr) {
        live.push_back({entry->slot.live().Load(), &entry->slot, SuccessRatesOf(*entry->live)});
      }
      // Not shared with anybody yet: seen under the lock only.
      if (entry->warming != nullptr) {
        std::shared_ptr<ClusterView> view = ViewOf(entry->warming->cluster());
        view->warming = true;
        views.push_back(std::move(view));
      }
    }
  }
  for (Live& each : live) {
    if (each.cluster == nullptr) continue;
    std::shared_ptr<ClusterView> view = ViewOf(*each.cluster);
    view->draining = draining_.Of(*each.slot);
    view->success_rates = std::move(each.success_rates);
    views.push_back(std::move(view));
  }
  return views;
}

void ClusterRegistry::Shutdown() {
  for (const auto& thread : threads_) {
    WorkerClusters* const clusters = thread.get();
    clusters->loop().Post([clusters] { clusters->ShutDown(); });
  }
}

}  // namespace weir::clusters
