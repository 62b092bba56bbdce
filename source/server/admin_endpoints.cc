// Tested by test/integration/admin_test.py
#include "source/server/admin_endpoints.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "envoy/admin/v3/server_info.pb.h"
#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "source/base/clock.h"
#include "source/base/log.h"
#include "source/config/load.h"
#include "source/filter/access_log_parser.h"
#include "source/restart/packet.h"
#include "source/server/address_parser.h"
#include "source/server/bootstrap.h"
#include "source/server/socket_option_parser.h"

namespace weir::server {

namespace {

using envoy::config::bootstrap::v3::Bootstrap;

std::optional<net::Address> ParseAddress(const envoy::config::bootstrap::v3::Admin& proto,
                                         config::Faults& faults) {
  config::Faults::Scope scope(faults, "address");
  bool v4_mapped = false;
  return ParseListenAddress(proto.address(), faults, v4_mapped);
}

}  // namespace

AdminEndpoints::AdminEndpoints(const Context& context, Actions actions)
    : context_(context), actions_(std::move(actions)) {}

void AdminEndpoints::Configure(const Bootstrap& bootstrap, size_t workers,
                               restart::SocketSource& inherited, bool has_predecessor,
                               config::Faults& faults) {
  const bool serves = context_.options.mode == Options::Mode::kServe;
  if (serves && !context_.options.admin_grpc_address.empty()) {
    start_grpc_later_ = [this, node = bootstrap.node()] { return StartGrpc(node); };
    if (!has_predecessor) {
      const absl::Status started = std::exchange(start_grpc_later_, nullptr)();
      if (!started.ok()) faults.Add("", std::string(started.message()));
    }
  }
  if (faults.ok()) ConfigureHttp(bootstrap, workers, inherited, has_predecessor, faults);
}

filter::AccessLogs AdminEndpoints::ParseLogs(const envoy::config::bootstrap::v3::Admin& proto,
                                             config::Faults& faults) {
  const filter::FactoryContext context{
      context_.registry, context_.main, context_.stats, context_.clusters,
      context_.routes,   context_.node, "admin"};
  auto logs = proto.access_log();
  if (!proto.access_log_path().empty()) {
    envoy::extensions::access_loggers::file::v3::FileAccessLog file;
    file.set_path(proto.access_log_path());
    logs.Add()->mutable_typed_config()->PackFrom(file);
  }
  return filter::ParseAccessLogs(logs, context, faults);
}

std::string AdminEndpoints::ServerInfoJson(const Bootstrap& bootstrap, size_t workers) const {
  const Options& options = context_.options;
  envoy::admin::v3::ServerInfo info;
  info.set_version(VersionText());
  info.set_hot_restart_version(options.hot_restart_path.empty() ? "disabled"
                                                                : std::string(restart::kProtocol));
  *info.mutable_node() = bootstrap.node();
  auto& line = *info.mutable_command_line_options();
  line.set_concurrency(static_cast<uint32_t>(workers));
  line.set_config_path(options.config_path);
  line.set_config_yaml(options.config_yaml);
  line.set_log_level(std::string(base::LogLevelName(options.log_level)));
  line.set_service_cluster(options.service_cluster);
  line.set_service_node(options.service_node);
  line.mutable_drain_time()->set_seconds(options.drain_time_s);
  return config::ToJson(info);
}

void AdminEndpoints::ConfigureHttp(const Bootstrap& bootstrap, size_t workers,
                                   restart::SocketSource& inherited, bool has_predecessor,
                                   config::Faults& faults) {
  if (!bootstrap.has_admin()) return;
  config::Faults::Scope scope(faults, "admin");
  const auto address = ParseAddress(bootstrap.admin(), faults);
  admin::AdminSources sources;
  sources.socket_options = ParseSocketOptions(bootstrap.admin().socket_options(), faults);
  sources.access_logs = ParseLogs(bootstrap.admin(), faults);
  if (!faults.ok() || context_.options.mode != Options::Mode::kServe) return;
  sources.stats = &context_.stats;
  sources.config = &context_.dump;
  sources.clusters = &context_.clusters;
  sources.state = actions_.state;
  sources.listeners = [this] { return Rows(); };
  sources.warming_listeners = [this] { return context_.listeners.WarmingNames(); };
  sources.certificates = [this] { return context_.secrets.Certificates(); };
  sources.server_info_json = [json = ServerInfoJson(bootstrap, workers)] { return json; };
  if (context_.last_good != nullptr) {
    sources.serves_last_good = [this] { return context_.last_good->is_serving(); };
  }
  sources.uptime_s = [started_us = base::Clock::System().WallUs()] {
    return (base::Clock::System().WallUs() - started_us) / 1'000'000;
  };
  sources.quit = [this] { context_.main.Post([this] { actions_.quit(); }); };
  sources.drain_listeners = [this] { context_.main.Post([this] { actions_.drain(); }); };
  sources.fail_health_checks = actions_.fail_health_checks;
  restart::TakenSockets taken = inherited.Take("", *address);
  auto started =
      taken.descriptors.empty()
          ? admin::AdminServer::Start(*address, std::move(sources))
          : admin::AdminServer::StartOn(std::move(taken.descriptors.front()), std::move(sources));
  if (!started.ok()) {
    faults.Add("address", std::string(started.status().message()));
    return;
  }
  http_ = *std::move(started);
  if (!has_predecessor) http_->SetAccepting(true);
  WEIR_LOG(kInfo, "admin", "admin address: ", http_->address().ToString());
}

// The admin endpoint's own way in over gRPC is a row, too: nothing else tells the port it got.
std::vector<admin::ListenerRow> AdminEndpoints::Rows() const {
  std::vector<admin::ListenerRow> rows;
  for (ListenerView& view : context_.listeners.Views()) {
    rows.push_back({std::move(view.name), std::move(view.addresses)});
  }
  std::lock_guard<std::mutex> lock(grpc_address_mutex_);
  if (grpc_address_) rows.push_back({"admin_grpc", {*grpc_address_}});
  return rows;
}

absl::Status AdminEndpoints::StartGrpc(const envoy::config::core::v3::Node& node) {
  const auto address = net::Address::ParseIpPort(context_.options.admin_grpc_address);
  auto endpoint =
      address.ok() ? admin::GrpcEndpoint::Start(*address, node, context_.dump) : address.status();
  if (!endpoint.ok()) {
    return absl::UnavailableError(
        absl::StrCat("--admin-grpc-address: ", endpoint.status().message()));
  }
  grpc_ = *std::move(endpoint);
  WEIR_LOG(kInfo, "admin", "admin gRPC address: ", grpc_->address().ToString());
  std::lock_guard<std::mutex> lock(grpc_address_mutex_);
  grpc_address_ = grpc_->address();
  return absl::OkStatus();
}

void AdminEndpoints::StopGrpc() {
  {
    std::lock_guard<std::mutex> lock(grpc_address_mutex_);
    grpc_address_.reset();
  }
  grpc_.reset();
}

void AdminEndpoints::OnTakenOver() {
  if (http_ != nullptr) http_->SetAccepting(true);
  if (start_grpc_later_ == nullptr) return;
  const absl::Status started = std::exchange(start_grpc_later_, nullptr)();
  if (!started.ok()) WEIR_LOG(kError, "admin", std::string(started.message()));
}

restart::LentSockets AdminEndpoints::LendSocket(const net::Address& address) {
  if (http_ == nullptr || !(http_->address() == address)) return {};
  is_lent_ = true;
  return {{http_->listen_socket()}, false};
}

void AdminEndpoints::OnSteppedDown() {
  if (http_ != nullptr && is_lent_) http_->SetAccepting(false);
  StopGrpc();
}

}  // namespace weir::server
