// The process: puts the parts together in the order in which they can work, runs the main loop,
// and takes everything apart again.
//
//   load bootstrap ─► clusters ─► (control plane) ─► listeners ─► LIVE ─SIGTERM─► DRAINING ─► end
//
// Main thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/admin/config_dump.h"
#include "source/clusters/cluster_manager.h"
#include "source/discovery/config_sources.h"
#include "source/discovery/control_plane_dialer.h"
#include "source/discovery/endpoint_discovery.h"
#include "source/discovery/health_delegate.h"
#include "source/discovery/load_reporter.h"
#include "source/discovery/route_manager.h"
#include "source/discovery/secret_discovery.h"
#include "source/event/timer.h"
#include "source/filter/health_verdict.h"
#include "source/filter/registry.h"
#include "source/health/outlier_event_log.h"
#include "source/net/dns.h"
#include "source/server/admin_endpoints.h"
#include "source/server/client_transports.h"
#include "source/server/connection_limit.h"
#include "source/server/discovery.h"
#include "source/server/hot_restart.h"
#include "source/server/idle_memory.h"
#include "source/server/last_good.h"
#include "source/server/listener_manager.h"
#include "source/server/options.h"
#include "source/server/signals.h"
#include "source/server/worker.h"
#include "source/tls/expiry_alarm.h"
#include "source/tls/secret_manager.h"
#include "source/xds/discovery_client.h"
#include "source/xds_files/file_thread.h"

namespace envoy::config::bootstrap::v3 {
class Bootstrap;
}

namespace weir::server {

// "server"
struct ServerStats {
  stats::Gauge live, state, concurrency, uptime, total_connections, memory_allocated;
  stats::Gauge hot_restart_epoch;               // how many processes handed over, one to the next
  stats::Gauge days_until_first_cert_expiring;  // UINT32_MAX: there is no certificate
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(ServerStats, live),
      WEIR_METRIC(ServerStats, state),
      WEIR_METRIC(ServerStats, concurrency),
      WEIR_METRIC(ServerStats, uptime),
      WEIR_METRIC(ServerStats, total_connections),
      WEIR_METRIC(ServerStats, memory_allocated),
      WEIR_METRIC(ServerStats, hot_restart_epoch),
      WEIR_METRIC(ServerStats, days_until_first_cert_expiring)};
};

// How long each turn of the main loop kept it busy.
struct DispatcherStats {
  stats::Histogram loop_duration_us;
  static constexpr stats::Metric kMetrics[] = {WEIR_METRIC(DispatcherStats, loop_duration_us)};
};

class Server final : private restart::Handover::Owner {
 public:
  // `reopen_logs` (may be null) is what SIGUSR1 does.
  Server(const Options& options, const filter::ExtensionRegistry& registry,
         base::LineWriter& log_writer, std::function<void()> reopen_logs);
  ~Server();

  // Everything that can be wrong with the bootstrap is found here, before anything serves. What has
  // faults already is not looked at again.
  bool Configure(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, config::Faults& faults);
  // Until a signal ends it; the exit code.
  int Run();

 private:
  bool is_serving_mode() const { return options_.mode == Options::Mode::kServe; }
  void ConfigureNode(const envoy::config::bootstrap::v3::Bootstrap& bootstrap);
  void ConfigureControlPlane(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                             config::Faults& faults);
  void ConfigureAds(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                    config::Faults& faults);
  xds::ResourceSource* Aggregated() const;
  void ConfigureLoadReporting(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                              config::Faults& faults);
  void ConfigureHealthDelegate(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                               config::Faults& faults);
  void ConfigureSecrets(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                        config::Faults& faults);
  void ConfigureClusters(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                         config::Faults& faults);
  void ConfigureListeners(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                          config::Faults& faults);
  void ConfigureAdmin(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                      config::Faults& faults);
  // restart::Handover::Owner
  restart::LentSockets LendSockets(std::string_view listener, const net::Address& address) override;
  void TakeBackSockets() override;
  void StepDown() override;
  void OpenOutlierLog(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                      config::Faults& faults);
  void SetState(admin::ServerState state);
  // Drain is also what a process says that an operator made fail.
  admin::ServerState ShownState() const;
  void BeginServing();
  void CheckLive();
  void Drain();
  void End();
  void KeepGauges();

  const Options options_;
  const filter::ExtensionRegistry& registry_;
  base::LineWriter& log_writer_;
  std::function<void()> reopen_logs_;
  stats::Store stats_;
  std::shared_ptr<stats::Group<ServerStats>> server_stats_;
  admin::ConfigDump dump_;
  filter::NodeInfo node_;
  event::Loop main_;
  HotRestart hot_restart_;
  ConnectionLimit connection_limit_;
  filter::HealthVerdict health_;
  std::unique_ptr<net::DnsResolver> dns_;
  // Outlive all that holds certificates: the workers' connections above all.
  std::unique_ptr<tls::SecretManager> secrets_;
  std::unique_ptr<ClientTransports> client_transports_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<discovery::ConfigSources> config_sources_;
  std::unique_ptr<discovery::SecretDiscovery> secret_discovery_;
  std::unique_ptr<discovery::EndpointDiscovery> endpoints_;
  std::unique_ptr<health::OutlierEventLog> outlier_log_;  // null unless it was asked for
  std::unique_ptr<clusters::ClusterManager> clusters_;
  std::unique_ptr<xds::DiscoveryClient> ads_;
  xds::files::FileThread file_thread_{main_};
  std::unique_ptr<LastGood> last_good_;  // null unless it was asked for
  std::unique_ptr<discovery::LoadReporter> load_reporter_;
  std::unique_ptr<discovery::HealthDelegate> health_delegate_;  // null unless it was asked for
  std::unique_ptr<discovery::RouteManager> routes_;
  std::unique_ptr<ListenerManager> listeners_;
  std::unique_ptr<Discovery> discovery_;
  std::unique_ptr<AdminEndpoints> admin_;
  std::unique_ptr<Signals> signals_;
  IdleMemory idle_memory_;
  tls::ExpiryAlarm expiry_alarm_;
  event::Timer gauges_timer_;
  event::Timer end_timer_;
  std::atomic<admin::ServerState> state_{admin::ServerState::kPreInitializing};
  std::atomic<bool> has_successor_{false};  // it drains because the next process has taken over
  int64_t started_ms_ = 0;
  bool begun_ = false;
};

}  // namespace weir::server
