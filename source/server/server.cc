#include "source/server/server.h"

#include <malloc.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/log.h"
#include "source/base/random.h"
#include "source/config/load.h"
#include "source/discovery/control_plane_dialer.h"
#include "source/discovery/discovery_types.h"
#include "source/server/bootstrap.h"
#include "source/upstream/cluster_config.h"

namespace weir::server {

namespace {

using admin::ServerState;
using envoy::config::bootstrap::v3::Bootstrap;

constexpr int64_t kGaugePeriodMs = 5'000;

std::string HostName() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

template <class Message>
google::protobuf::Any Pack(const Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

}  // namespace

Server::Server(const Options& options, const filter::ExtensionRegistry& registry,
               base::LineWriter& log_writer, std::function<void()> reopen_logs)
    : options_(options),
      registry_(registry),
      log_writer_(log_writer),
      reopen_logs_(std::move(reopen_logs)),
      main_("main", base::kMainThread),
      hot_restart_(main_, options_),
      connection_limit_(ConnectionLimit::OfProcess()),
      gauges_timer_(main_, [this] { KeepGauges(); }),
      end_timer_(main_, [this] { End(); }) {
  base::SetThreadIndex(base::kMainThread);
  server_stats_ = stats_.AddGroup<ServerStats>("server");
  auto dispatcher_stats = stats_.AddGroup<DispatcherStats>("server.dispatcher");
  main_.WatchTurns([stats = std::move(dispatcher_stats)](int64_t busy_ns) {
    stats->Here().loop_duration_us.Record(static_cast<uint64_t>(busy_ns) / 1000);
  });
}

Server::~Server() {
  // Workers first: their connections use everything else.
  for (const auto& worker : workers_) worker->Stop();
  admin_.reset();
  load_reporter_.reset();
  health_delegate_.reset();
  discovery_.reset();
  listeners_.reset();
  routes_.reset();
  // What workers let go of comes home to be destroyed.
  main_.RunReady();
  clusters_.reset();
  endpoints_.reset();
  secret_discovery_.reset();
  last_good_.reset();
  ads_.reset();
  config_sources_.reset();
  main_.RunReady();
}

bool Server::Configure(const Bootstrap& bootstrap, config::Faults& faults) {
  ConfigureNode(bootstrap);
  if (is_serving_mode()) hot_restart_.FindPredecessor(faults);
  auto dns = net::DnsResolver::Create(main_, {});
  if (!dns.ok()) {
    faults.Add("", absl::StrCat("DNS resolver: ", dns.status().message()));
    return false;
  }
  dns_ = std::move(*dns);
  const int concurrency = options_.concurrency > 0 ? options_.concurrency : AvailableCores();
  std::vector<Worker*> workers;
  secrets_ = std::make_unique<tls::SecretManager>(main_, stats_);
  client_transports_ = std::make_unique<ClientTransports>(registry_, main_, stats_, *secrets_);
  config_sources_ = std::make_unique<discovery::ConfigSources>(main_, stats_, file_thread_);
  secret_discovery_ =
      std::make_unique<discovery::SecretDiscovery>(*config_sources_, *secrets_, dump_);
  endpoints_ = std::make_unique<discovery::EndpointDiscovery>(*config_sources_, dump_);
  OpenOutlierLog(bootstrap, faults);
  clusters::ClusterManager::Options clusters(main_, stats_);
  clusters.outlier_log = outlier_log_.get();
  clusters.dns = dns_.get();
  clusters.transports = client_transports_.get();
  clusters.log_writer = &log_writer_;
  clusters.endpoints = endpoints_.get();
  clusters.local_cluster = bootstrap.cluster_manager().local_cluster_name();
  const auto& locality = bootstrap.node().locality();
  clusters.locality = {locality.region(), locality.zone(), locality.sub_zone()};
  for (int i = 1; is_serving_mode() && i <= concurrency; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(i, connection_limit_, options_.drain_time_s * 1000));
    workers.push_back(workers_.back().get());
    clusters.workers.push_back(&workers_.back()->loop());
  }
  server_stats_->Here().concurrency.Set(concurrency);
  clusters_ = clusters::ClusterManager::Create(clusters);
  endpoints_->SetClusters(*clusters_);
  config_sources_->SetUp(bootstrap.node(), *clusters_);
  routes_ = std::make_unique<discovery::RouteManager>(discovery::RouteManager::Context{
      main_, stats_, registry_, *clusters_, *config_sources_, dump_});
  listeners_ = std::make_unique<ListenerManager>(
      ListenerManager::Context{registry_, main_, stats_, *clusters_, *routes_, node_,
                               secrets_.get(), &hot_restart_, &health_},
      std::move(workers));
  discovery_ = std::make_unique<Discovery>(options_.refuses_empty_sets, *config_sources_,
                                           *clusters_, *listeners_, dump_);
  secrets_->SetSettled([this] {
    clusters_->OnTransportsSettled();
    listeners_->GoLiveIfReady();
  });
  const bool knows_control_plane = !faults.HasFaultIn("dynamic_resources");
  if (knows_control_plane) ConfigureControlPlane(bootstrap, faults);
  ConfigureLoadReporting(bootstrap, faults);
  ConfigureHealthDelegate(bootstrap, faults);
  ConfigureSecrets(bootstrap, faults);
  ConfigureClusters(bootstrap, faults);
  // They may take their routes from the control plane.
  if (knows_control_plane) ConfigureListeners(bootstrap, faults);
  if (faults.ok()) ConfigureAdmin(bootstrap, faults);
  dump_.Set(admin::ResourceKind::kBootstrap, "", "", true, Pack(bootstrap), faults);
  return faults.ok();
}

void Server::OpenOutlierLog(const Bootstrap& bootstrap, config::Faults& faults) {
  const std::string& path = bootstrap.cluster_manager().outlier_detection().event_log_path();
  if (path.empty() || !is_serving_mode()) return;
  auto log = health::OutlierEventLog::Open(path);
  if (!log.ok()) {
    faults.Add("cluster_manager.outlier_detection.event_log_path",
               std::string(log.status().message()));
    return;
  }
  outlier_log_ = *std::move(log);
}

void Server::ConfigureNode(const Bootstrap& bootstrap) {
  node_.id = bootstrap.node().id();
  node_.cluster = bootstrap.node().cluster();
  node_.host_name = HostName();
}

void Server::ConfigureControlPlane(const Bootstrap& bootstrap, config::Faults& faults) {
  const auto& dynamic = bootstrap.dynamic_resources();
  config::Faults::Scope scope(faults, "dynamic_resources");
  if (dynamic.has_ads_config()) {
    ConfigureAds(bootstrap, faults);
  } else if (!options_.last_good_file.empty()) {
    WEIR_LOG(kWarning, "main", "--last-good-file is for what dynamic_resources.ads_config sends");
  }
  const xds::ResourceOrigin* clusters = nullptr;
  const xds::ResourceOrigin* listeners = nullptr;
  if (dynamic.has_cds_config()) {
    config::Faults::Scope field(faults, "cds_config");
    clusters = config_sources_->Resolve(dynamic.cds_config(), discovery::ClusterType(), faults);
  }
  if (dynamic.has_lds_config()) {
    config::Faults::Scope field(faults, "lds_config");
    listeners = config_sources_->Resolve(dynamic.lds_config(), discovery::ListenerType(), faults);
  }
  // Parents before children, and make before break: the order in which they are asked for.
  if (clusters != nullptr) discovery_->BeginClusters(*clusters);
  xds::ResourceSource* const aggregated = Aggregated();
  if (aggregated != nullptr) {
    endpoints_->Open(*aggregated);
    secret_discovery_->Open(*aggregated);
  }
  if (listeners != nullptr) discovery_->BeginListeners(*listeners);
  if (aggregated != nullptr) routes_->Open(*aggregated);
}

// Null: there is none.
xds::ResourceSource* Server::Aggregated() const {
  if (last_good_ != nullptr) return &last_good_->source();
  return ads_.get();
}

void Server::ConfigureAds(const Bootstrap& bootstrap, config::Faults& faults) {
  config::Faults::Scope scope(faults, "ads_config");
  if (bootstrap.node().id().empty()) {
    faults.Add("", "a control plane needs to know this proxy: set node.id, or --service-node");
  }
  const discovery::ControlPlaneConfig config = discovery::ParseControlPlane(
      bootstrap.dynamic_resources().ads_config(), discovery::ControlPlaneUse::kAggregated, faults);
  if (config.services.empty()) return;
  xds::DiscoveryClient::Options options;
  options.protocol = config.protocol;
  options.node = bootstrap.node();
  options.node_on_first_message_only = config.node_on_first_message_only;
  const xds::Protocol protocol = options.protocol;
  ads_ = std::make_unique<xds::DiscoveryClient>(main_, std::move(options),
                                                discovery::CreateServers(main_, *clusters_, config),
                                                stats_, base::Random::OfThread());
  if (!options_.last_good_file.empty() && is_serving_mode()) {
    last_good_ =
        std::make_unique<LastGood>(options_, bootstrap.node(),
                                   LastGood::Context{main_, file_thread_, stats_, *ads_, protocol});
  }
  config_sources_->SetAggregated(*Aggregated());
}

void Server::ConfigureLoadReporting(const Bootstrap& bootstrap, config::Faults& faults) {
  if (!bootstrap.cluster_manager().has_load_stats_config()) return;
  config::Faults::Scope scope(faults, "cluster_manager");
  config::Faults::Scope inner(faults, "load_stats_config");
  const discovery::ControlPlaneConfig config =
      discovery::ParseControlPlane(bootstrap.cluster_manager().load_stats_config(),
                                   discovery::ControlPlaneUse::kOwnService, faults);
  if (config.services.empty()) return;
  load_reporter_ = std::make_unique<discovery::LoadReporter>(
      discovery::LoadReporter::Context{main_, stats_, *clusters_, base::Random::OfThread()},
      bootstrap.node(), discovery::CreateServers(main_, *clusters_, config));
}

void Server::ConfigureHealthDelegate(const Bootstrap& bootstrap, config::Faults& faults) {
  if (!bootstrap.has_hds_config()) return;
  config::Faults::Scope scope(faults, "hds_config");
  const discovery::ControlPlaneConfig config = discovery::ParseControlPlane(
      bootstrap.hds_config(), discovery::ControlPlaneUse::kOwnService, faults);
  if (config.services.empty()) return;
  std::vector<event::Loop*> loops;
  for (const auto& worker : workers_) loops.push_back(&worker->loop());
  health_delegate_ = std::make_unique<discovery::HealthDelegate>(
      discovery::HealthDelegate::Context{main_, loops, stats_, &log_writer_,
                                         base::Random::OfThread()},
      bootstrap.node(), discovery::CreateServers(main_, *clusters_, config));
}

void Server::ConfigureSecrets(const Bootstrap& bootstrap, config::Faults& faults) {
  config::Faults::Scope scope(faults, "static_resources");
  const auto& resources = bootstrap.static_resources();
  for (int i = 0; i < resources.secrets_size(); ++i) {
    config::Faults::Scope item(faults, "secrets", i);
    const auto& proto = resources.secrets(i);
    if (faults.HasFaultIn("") || !secrets_->AddStatic(proto, faults)) continue;
    dump_.Set(admin::ResourceKind::kSecret, proto.name(), "", true, Pack(proto), config::Faults());
  }
}

void Server::ConfigureClusters(const Bootstrap& bootstrap, config::Faults& faults) {
  config::Faults::Scope scope(faults, "static_resources");
  const auto& resources = bootstrap.static_resources();
  for (int i = 0; i < resources.clusters_size(); ++i) {
    config::Faults::Scope item(faults, "clusters", i);
    if (faults.HasFaultIn("")) continue;
    const auto& proto = resources.clusters(i);
    if (clusters_->IsDefined(proto.name())) {
      faults.Add("name", absl::StrCat("\"", proto.name(), "\" is the name of two clusters"));
    } else if (clusters_->AddOrUpdate(proto, false, "", faults)) {
      dump_.Set(admin::ResourceKind::kCluster, proto.name(), "", true, Pack(proto),
                config::Faults());
    }
  }
}

void Server::ConfigureListeners(const Bootstrap& bootstrap, config::Faults& faults) {
  config::Faults::Scope scope(faults, "static_resources");
  const auto& resources = bootstrap.static_resources();
  for (int i = 0; i < resources.listeners_size(); ++i) {
    config::Faults::Scope item(faults, "listeners", i);
    if (faults.HasFaultIn("")) continue;
    const auto& proto = resources.listeners(i);
    if (listeners_->AddOrUpdate(proto, false, faults)) {
      dump_.Set(admin::ResourceKind::kListener, proto.name(), "", true, Pack(proto),
                config::Faults());
    }
  }
}

void Server::ConfigureAdmin(const Bootstrap& bootstrap, config::Faults& faults) {
  AdminEndpoints::Actions actions;
  actions.state = [this] { return ShownState(); };
  actions.fail_health_checks = [this](bool fails) { health_.SetFailed(fails); };
  actions.quit = [this] { End(); };
  actions.drain = [this] { Drain(); };
  admin_ = std::make_unique<AdminEndpoints>(
      AdminEndpoints::Context{options_, registry_, main_, stats_, *clusters_, *routes_, *listeners_,
                              node_, *secrets_, dump_, last_good_.get()},
      std::move(actions));
  admin_->Configure(bootstrap, workers_.size(), hot_restart_, hot_restart_.has_predecessor(),
                    faults);
}

int Server::Run() {
  signals_ = std::make_unique<Signals>(
      main_, Signals::Actions{[this] {
                                if (state_ == ServerState::kDraining) {
                                  End();
                                } else {
                                  WEIR_LOG(kInfo, "main", "SIGTERM: draining for at most ",
                                           options_.drain_time_s, " s");
                                  Drain();
                                }
                              },
                              [this] { End(); }, reopen_logs_});
  WEIR_LOG(kInfo, "main", "weir ", VersionText(), " starts with ", workers_.size(), " workers");
  SetState(ServerState::kInitializing);
  started_ms_ = main_.now_ms();
  for (const auto& worker : workers_) worker->Start();
  server_stats_->Here().live.Set(1);
  server_stats_->Here().hot_restart_epoch.Set(static_cast<int64_t>(hot_restart_.epoch()));
  hot_restart_.Start(*this);
  KeepGauges();
  listeners_->SetLiveChanged([this] { CheckLive(); });
  discovery_->SetAnswered([this] { CheckLive(); });
  // Not after the clusters: some of them may wait for endpoints from the control plane.
  if (ads_ != nullptr) ads_->Start();
  config_sources_->Start();
  if (load_reporter_ != nullptr) load_reporter_->Start();
  if (health_delegate_ != nullptr) health_delegate_->Start();
  if (last_good_ != nullptr) last_good_->Start();
  clusters_->WhenInitialized([this] { BeginServing(); });
  main_.Run();
  return 0;
}

// The clusters of the bootstrap are there: listeners can serve.
void Server::BeginServing() {
  if (state_ == ServerState::kDraining) return;
  begun_ = true;
  listeners_->StartAccepting();
  CheckLive();
}

void Server::CheckLive() {
  if (state_ != ServerState::kInitializing || !begun_) return;
  if (!discovery_->has_first_answers()) return;
  if (listeners_->is_warming()) return;
  SetState(ServerState::kLive);
  WEIR_LOG(kInfo, "main", "all listeners are live");
  hot_restart_.OnLive(*this, [this] { admin_->OnTakenOver(); });
}

restart::LentSockets Server::LendSockets(std::string_view listener, const net::Address& address) {
  restart::LentSockets lent = listeners_->LendSockets(listener, address);
  return lent.descriptors.empty() ? admin_->LendSocket(address) : lent;
}

void Server::TakeBackSockets() {
  listeners_->TakeBackSockets();
  admin_->TakeBackSocket();
}

// The next process serves at the same addresses: for whoever asks here still, nothing is down.
void Server::StepDown() {
  has_successor_ = true;
  Drain();
  admin_->OnSteppedDown();
}

void Server::SetState(ServerState state) {
  state_ = state;
  server_stats_->Here().state.Set(static_cast<int64_t>(state));
}

ServerState Server::ShownState() const {
  const ServerState state = state_.load(std::memory_order_relaxed);
  if (has_successor_ && !health_.is_failed()) return ServerState::kLive;
  return state == ServerState::kLive && health_.is_failed() ? ServerState::kDraining : state;
}

void Server::Drain() {
  if (state_ == ServerState::kDraining) return;
  SetState(ServerState::kDraining);
  if (!has_successor_) health_.SetDraining();
  if (last_good_ != nullptr) last_good_->Freeze();
  end_timer_.Arm(options_.drain_time_s * 1000);
  listeners_->DrainAll([this] { End(); });
}

void Server::End() {
  if (connection_limit_.taken() > 0) {
    WEIR_LOG(kInfo, "main", "ends with ", connection_limit_.taken(), " connections open");
  }
  if (last_good_ != nullptr) last_good_->Freeze();
  main_.Stop();
}

void Server::KeepGauges() {
  ServerStats& stats = server_stats_->Here();
  stats.uptime.Set((main_.now_ms() - started_ms_) / 1000);
  stats.total_connections.Set(static_cast<int64_t>(connection_limit_.taken()));
  const struct mallinfo2 heap = mallinfo2();
  stats.memory_allocated.Set(static_cast<int64_t>(heap.uordblks));
  idle_memory_.Look(heap.fordblks);
  const auto first = secrets_->FirstCertificateToExpire();
  stats.days_until_first_cert_expiring.Set(first ? first->days : int64_t{UINT32_MAX});
  expiry_alarm_.Look(first);
  gauges_timer_.Arm(kGaugePeriodMs);
}

}  // namespace weir::server
