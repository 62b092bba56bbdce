// All clusters of the process. The main thread adds, changes and removes them; workers reach one
// through its slot, which a route entry resolved once from the name.
//
// A change costs one pointer swap per changed cluster, plus a note to the workers that use it.
//
// The manager is destroyed on the main thread after the workers' threads have ended, and before
// their loops, which end before main's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/line_writer.h"
#include "source/clusters/client_transport_parser.h"
#include "source/clusters/cluster_view.h"
#include "source/clusters/endpoint_source.h"
#include "source/config/faults.h"
#include "source/event/loop.h"
#include "source/health/outlier_detector.h"
#include "source/net/dns.h"
#include "source/stats/stats.h"
#include "source/upstream/local_cluster.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}
namespace envoy::config::endpoint::v3 {
class ClusterLoadAssignment;
}

namespace weir::clusters {

// The stable place of one cluster name. Never destroyed before its manager.
class ClusterSlot {
 public:
  virtual ~ClusterSlot() = default;
  virtual const std::string& name() const = 0;
  // This worker's view of the cluster; null when there is no (warm) cluster of that name.
  virtual upstream::LocalCluster* Here() = 0;
};

class ClusterManager {
 public:
  struct Options {
    Options(event::Loop& main, stats::Store& stats) : main(main), stats(stats) {}

    event::Loop& main;
    stats::Store& stats;
    std::vector<event::Loop*> workers;  // their thread indices are 1..N
    net::DnsResolver* dns = nullptr;    // the edge tests replace
    // Outlives the manager; null: plaintext is the only transport there is.
    const ClientTransportParser* transports = nullptr;
    // Outlives the manager; null: whoever calls UpdateEndpoints() knows what is wanted.
    EndpointSource* endpoints = nullptr;
    // Outlives the manager; null: a cluster that wants a log of events is refused.
    base::LineWriter* log_writer = nullptr;
    // Where this proxy stands, and the cluster that it is itself of; empty: not known.
    balancing::Locality locality;
    std::string local_cluster;
    // Outlives the manager; null: ejections are not logged.
    health::OutlierEventLog* outlier_log = nullptr;
  };
  static std::unique_ptr<ClusterManager> Create(const Options& options);
  virtual ~ClusterManager() = default;

  // Any thread after start-up may hold slots; only main makes them. Made when new.
  virtual ClusterSlot& Slot(std::string_view name) = 0;
  // Any thread, for names that requests bring (cluster_header): null when no slot of that name was
  // ever made. Takes a shared lock.
  virtual ClusterSlot* FindSlot(std::string_view name) const = 0;

  // Parses and checks; on success the cluster starts warming (DNS, EDS) and goes live when warm,
  // replacing the old one of that name. False: faults say why and nothing changed. An identical
  // definition changes nothing.
  virtual bool AddOrUpdate(const envoy::config::cluster::v3::Cluster& proto, bool via_api,
                           std::string_view version, config::Faults& faults) = 0;
  // Streams that run finish. One that live configuration names (see ClusterReferences) goes once
  // that has changed, or after 15 s. False when there is none of that name or it is static.
  virtual bool Remove(std::string_view name) = 0;

  // See ClusterReferences. Main thread.
  virtual void AddReference(ClusterSlot& slot) = 0;
  virtual void DropReference(ClusterSlot& slot) = 0;
  // `changed` runs on main at the end of each turn in which clusters went live that were not there.
  virtual void OnClustersAdded(std::function<void()> changed) = 0;

  // EDS: what `source` has for all clusters that take their endpoints from it under this name
  // (service_name or cluster name). False: faults say why, and their endpoints stay.
  virtual bool UpdateEndpoints(const xds::ResourceSource* source,
                               const envoy::config::endpoint::v3::ClusterLoadAssignment& proto,
                               config::Faults& faults) = 0;
  // There are none, or none came within initial_fetch_timeout: those that wait go live empty.
  virtual void EndpointsMissing(const xds::ResourceSource* source, std::string_view eds_name) = 0;

  // A secret that a transport waits for came, or is not waited for any longer.
  virtual void OnTransportsSettled() = 0;

  // True when no cluster is still warming for the first time; the callback runs once, on main.
  virtual void WhenInitialized(std::function<void()> done) = 0;
  // Main thread: a live cluster of that name.
  virtual bool Has(std::string_view name) const = 0;
  // Main thread: there is a definition of that name, live or still warming.
  virtual bool IsDefined(std::string_view name) const = 0;
  // Main thread: the names of all live clusters, and one of them as Clusters() shows it; null:
  // there is none.
  virtual std::vector<std::string> LiveNames() const = 0;
  virtual std::shared_ptr<const ClusterView> View(std::string_view name) const = 0;
  // A snapshot of all clusters, live and warming ones. Thread-safe: admin may call it.
  virtual std::vector<std::shared_ptr<const ClusterView>> Clusters() const = 0;

  // Drops idle upstream connections and refuses new ones: the end of a drain. Main thread.
  virtual void Shutdown() = 0;
};

}  // namespace weir::clusters
