// How people look at the process: the admin endpoint of the bootstrap and, when the command line
// asks for it, client status over gRPC. Put together here from what the process is made of; handed
// from a process to its successor. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "source/admin/admin_server.h"
#include "source/admin/config_dump.h"
#include "source/admin/grpc_endpoint.h"
#include "source/config/faults.h"
#include "source/restart/handover.h"
#include "source/restart/socket_source.h"
#include "source/server/last_good.h"
#include "source/server/listener_manager.h"
#include "source/server/options.h"
#include "source/tls/secret_manager.h"

namespace envoy::config::bootstrap::v3 {
class Admin;
class Bootstrap;
}  // namespace envoy::config::bootstrap::v3

namespace weir::server {

class AdminEndpoints {
 public:
  struct Context {
    const Options& options;
    const filter::ExtensionRegistry& registry;
    event::Loop& main;
    stats::Store& stats;
    clusters::ClusterManager& clusters;
    discovery::RouteManager& routes;
    ListenerManager& listeners;
    const filter::NodeInfo& node;
    tls::SecretManager& secrets;
    const admin::ConfigDump& dump;
    const LastGood* last_good;  // null: nothing is kept
  };
  struct Actions {
    std::function<admin::ServerState()> state;     // any thread
    std::function<void()> quit, drain;             // main thread
    std::function<void(bool)> fail_health_checks;  // any thread
  };
  AdminEndpoints(const Context& context, Actions actions);

  // They answer from now on unless there is a predecessor that does. `workers`: how many there are.
  void Configure(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, size_t workers,
                 restart::SocketSource& inherited, bool has_predecessor, config::Faults& faults);
  // The predecessor does not answer any more.
  void OnTakenOver();

  // For a successor, see restart::Handover::Owner.
  restart::LentSockets LendSocket(const net::Address& address);
  void TakeBackSocket() { is_lent_ = false; }
  void OnSteppedDown();

 private:
  void ConfigureHttp(const envoy::config::bootstrap::v3::Bootstrap& bootstrap, size_t workers,
                     restart::SocketSource& inherited, bool has_predecessor,
                     config::Faults& faults);
  filter::AccessLogs ParseLogs(const envoy::config::bootstrap::v3::Admin& proto,
                               config::Faults& faults);
  std::string ServerInfoJson(const envoy::config::bootstrap::v3::Bootstrap& bootstrap,
                             size_t workers) const;
  std::vector<admin::ListenerRow> Rows() const;
  absl::Status StartGrpc(const envoy::config::core::v3::Node& node);
  void StopGrpc();

  const Context context_;
  const Actions actions_;
  std::function<absl::Status()> start_grpc_later_;
  mutable std::mutex grpc_address_mutex_;
  std::optional<net::Address> grpc_address_;  // while it answers
  bool is_lent_ = false;
  // Their threads end before anything that they read.
  std::unique_ptr<admin::AdminServer> http_;
  std::unique_ptr<admin::GrpcEndpoint> grpc_;
};

}  // namespace weir::server
