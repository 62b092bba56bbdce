// All listeners of the process: parsed and bound here, run by the workers. A listener whose chains
// wait for route tables warms; until then the old version serves. Main thread, except Views().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "source/clusters/cluster_references.h"
#include "source/config/faults.h"
#include "source/discovery/route_manager.h"
#include "source/event/timer.h"
#include "source/filter/factory_context.h"
#include "source/server/listener_config.h"
#include "source/server/listener_sockets.h"
#include "source/server/worker.h"

namespace weir::server {

// "listener_manager"
struct ListenerManagerStats {
  stats::Counter listener_added, listener_modified, listener_removed, listener_stopped,
      listener_create_success, listener_create_failure;
  stats::Gauge total_listeners_active, total_listeners_warming, total_listeners_draining,
      workers_started;
  static constexpr stats::Metric kMetrics[] = {
      WEIR_METRIC(ListenerManagerStats, listener_added),
      WEIR_METRIC(ListenerManagerStats, listener_modified),
      WEIR_METRIC(ListenerManagerStats, listener_removed),
      WEIR_METRIC(ListenerManagerStats, listener_stopped),
      WEIR_METRIC(ListenerManagerStats, listener_create_success),
      WEIR_METRIC(ListenerManagerStats, listener_create_failure),
      WEIR_METRIC(ListenerManagerStats, total_listeners_active),
      WEIR_METRIC(ListenerManagerStats, total_listeners_warming),
      WEIR_METRIC(ListenerManagerStats, total_listeners_draining),
      WEIR_METRIC(ListenerManagerStats, workers_started)};
};

// What /listeners shows.
struct ListenerView {
  std::string name;
  std::vector<net::Address> addresses;  // as bound
};

class ListenerManager {
 public:
  struct Context {
    const filter::ExtensionRegistry& registry;
    event::Loop& main;
    stats::Store& stats;
    clusters::ClusterManager& clusters;
    discovery::RouteManager& routes;
    const filter::NodeInfo& node;
    tls::SecretManager* secrets = nullptr;       // null where no listener has a transport socket
    restart::SocketSource* inherited = nullptr;  // null: all sockets are opened here
    const filter::HealthVerdict* health = nullptr;
  };
  // `workers` empty: configuration is checked, nothing is bound (--mode validate).
  ListenerManager(const Context& context, std::vector<Worker*> workers);
  ~ListenerManager();

  // False: faults say why and nothing changed. An identical definition changes nothing.
  bool AddOrUpdate(const envoy::config::listener::v3::Listener& proto, bool via_api,
                   config::Faults& faults);
  // False when there is none of that name, or it is not the control plane's.
  bool Remove(std::string_view name);

  // Listeners that are ready begin to accept from now on.
  void StartAccepting();
  // Listeners that warm go live when what they wait for has come: looks again.
  void GoLiveIfReady();
  bool is_warming() const;
  // `changed` runs whenever a listener went live.
  void SetLiveChanged(std::function<void()> changed) { live_changed_ = std::move(changed); }
  // The names of listeners that the control plane made.
  std::vector<std::string> ApiNames() const;

  // Stops accepting and drains every listener; `drained` runs once the last connection is gone.
  void DrainAll(std::function<void()> drained);

  // See restart::Handover::Owner.
  restart::LentSockets LendSockets(std::string_view listener, const net::Address& address);
  void TakeBackSockets();

  // Any thread.
  std::vector<ListenerView> Views() const;
  // Any thread. Names of listeners whose newest version does not serve yet.
  std::vector<std::string> WarmingNames() const;

 private:
  struct Listener;

  std::unique_ptr<ListenerSockets> Bind(const ListenerConfig& config, config::Faults& faults);
  const std::string* AddressOwner(const net::Address& address, std::string_view except) const;
  bool IsReady(Listener& listener) const;
  void AwaitClusters(Listener& listener);
  void ArmWait();
  void GoLive(Listener& listener);
  void Drain(std::unique_ptr<Listener> listener);
  void OnDrained(uint64_t id);
  void CountListeners();
  void PublishViews();

  const Context context_;
  const std::vector<Worker*> workers_;
  const std::shared_ptr<stats::Group<ListenerManagerStats>> stats_;
  std::map<std::string, std::unique_ptr<Listener>, std::less<>> listeners_;
  uint64_t next_id_ = 1;
  // By the ids of the listeners that drain: what their last requests may need.
  std::map<uint64_t, clusters::ClusterReferences> draining_;
  event::Timer wait_timer_;
  bool accepts_ = false;
  std::function<void()> live_changed_;
  std::function<void()> drained_;
  mutable std::mutex views_mutex_;
  std::vector<ListenerView> views_;
  std::vector<std::string> warming_names_;
  // What workers' answers hold of us, weakly: they may come when we are gone.
  const std::shared_ptr<ListenerManager*> self_;
};

}  // namespace weir::server
