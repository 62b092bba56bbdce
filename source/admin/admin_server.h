// The admin endpoint: an HTTP server on a thread and loop of its own that reads published state
// only, so that the biggest scrape stalls nobody. Paths, query parameters and JSON shapes are
// Envoy's. Mutations need POST; requests with an Origin, or a Host that is no loopback or literal
// address, are refused (DNS rebinding, cross-site requests); at most 16 connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/admin/config_dump.h"
#include "source/base/descriptor.h"
#include "source/clusters/cluster_manager.h"
#include "source/filter/access_log.h"
#include "source/net/address.h"
#include "source/net/listen_socket.h"
#include "source/stats/stats.h"
#include "source/tls/certificate_registry.h"

namespace weir::admin {

enum class ServerState : uint8_t { kLive, kDraining, kPreInitializing, kInitializing };

// One listener as /listeners shows it.
struct ListenerRow {
  std::string name;
  std::vector<net::Address> addresses;
};

// Where the handlers get what they show, and what they may do. Every function is called on the
// admin thread and must be safe there.
struct AdminSources {
  const stats::Store* stats = nullptr;
  const ConfigDump* config = nullptr;
  const clusters::ClusterManager* clusters = nullptr;
  std::function<ServerState()> state;
  std::function<std::vector<ListenerRow>()> listeners;
  // Names of listeners whose newest version does not serve yet.
  std::function<std::vector<std::string>()> warming_listeners;
  // Null: there is no TLS.
  std::function<std::vector<tls::ContextCertificates>()> certificates;
  // A complete envoy.admin.v3.ServerInfo but for state and uptime, which are filled in.
  std::function<std::string()> server_info_json;
  // Null: nothing is kept. Whether something serves that no control plane has confirmed yet.
  std::function<bool()> serves_last_good;
  std::function<int64_t()> uptime_s;
  // Of requests to the endpoint. Loggers are called on the admin thread, whose statistics are the
  // main thread's: that one must not call them too.
  filter::AccessLogs access_logs;
  std::vector<net::SocketOption> socket_options;  // of its listening socket
  std::function<void()> quit;                     // POST /quitquitquit
  std::function<void()> drain_listeners;          // POST /drain_listeners
  // POST /healthcheck/fail, and ok; called on the admin thread.
  std::function<void(bool fails)> fail_health_checks;
};

class AdminServer {
 public:
  // Binds and starts the thread. The error names the address.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(const net::Address& address,
                                                            AdminSources sources);
  // On a socket that another process answers from as well: this one begins with SetAccepting(true).
  static absl::StatusOr<std::unique_ptr<AdminServer>> StartOn(base::Descriptor socket,
                                                              AdminSources sources);
  // Ends the thread.
  virtual ~AdminServer() = default;
  // As bound: the port that 0 became.
  virtual const net::Address& address() const = 0;
  // To be passed to another process, which may then accept from it.
  virtual int listen_socket() const = 0;
  // Whether it takes new connections; those that are open go on.
  virtual void SetAccepting(bool accepts) = 0;
};

}  // namespace weir::admin
