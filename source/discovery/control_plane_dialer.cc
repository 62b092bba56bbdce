#include "source/discovery/control_plane_dialer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "envoy/config/core/v3/config_source.pb.h"
#include "envoy/config/core/v3/grpc_service.pb.h"
#include "source/base/random.h"
#include "source/discovery/secure_tunnel.h"
#include "source/net/connector.h"
#include "source/rpc/bidi_stream.h"
#include "source/upstream/upstream_names.h"

namespace weir::discovery {

namespace {

using envoy::config::core::v3::ApiConfigSource;
using OnDialled = absl::AnyInvocable<void(xds::DialResult)>;

constexpr char kKeepaliveTime[] = "grpc.keepalive_time_ms";
constexpr int kKeepaliveTimeMs = 330'000;

// Dials hosts of a cluster, another one each time, beginning at a random one: proxies that start
// together do not all take the first.
class ClusterDialer {
 public:
  ClusterDialer(event::Loop& main, clusters::ClusterManager& clusters, ControlPlaneService config)
      : main_(main),
        clusters_(clusters),
        config_(std::move(config)),
        next_(base::Random::OfThread().Next()) {
    if (config_.authority.empty()) config_.authority = config_.cluster;
  }

  void Dial(OnDialled done) {
    const auto cluster = Find();
    std::vector<net::Address> addresses;
    if (cluster != nullptr) {
      for (const clusters::HostView& view : cluster->hosts) {
        if (view.host->is_usable()) addresses.push_back(view.host->address());
      }
    }
    if (addresses.empty()) {
      done(absl::UnavailableError(absl::StrCat(
          "cluster '", config_.cluster, cluster == nullptr ? "' is not there" : "' has no host")));
      return;
    }
    const net::Address& address = addresses[next_++ % addresses.size()];
    const auto& cluster_config = cluster->config;
    absl::StatusOr<std::unique_ptr<net::TransportSocket>> transport =
        MakeTransport(*cluster_config);
    if (!transport.ok()) return done(transport.status());
    const int64_t deadline_ms = main_.now_ms() + cluster_config->options->connect.timeout_ms;
    connector_ = net::Connector::Start(
        main_, address, ControlPlaneConnectOptions(cluster_config->options->connect),
        [this, deadline_ms, transport = *std::move(transport), text = address.ToString(),
         done = std::move(done)](absl::StatusOr<int> fd) mutable {
          if (!fd.ok() || transport == nullptr) return Finish(std::move(fd), done);
          Secure(*fd, std::move(transport), deadline_ms, std::move(text), std::move(done));
        });
  }

 private:
  // Null: plaintext.
  absl::StatusOr<std::unique_ptr<net::TransportSocket>> MakeTransport(
      const upstream::ClusterConfig& cluster) const {
    if (cluster.transport == nullptr) return nullptr;
    static constexpr std::string_view kAlpn[] = {"h2"};
    const upstream::HttpConfig& http = cluster.http_config();
    base::Arena arena;
    http::RequestHead head(arena);
    head.authority = config_.authority;
    char buffer[upstream::kMaxNameBytes + 8];
    const std::string_view name = upstream::NameOf(&head, http, buffer);
    net::ClientTransportOptions options;
    options.alpn = kAlpn;
    if (http.auto_sni && !upstream::IsIpAddress(name)) options.server_name = name;
    if (http.auto_san_validation) {
      if (name.empty()) {
        return absl::UnavailableError(
            absl::StrCat("'", config_.authority, "' is no name to check the certificate for"));
      }
      options.verified_name = name;
    }
    return cluster.transport->Create(options);
  }

  void Secure(int fd, std::unique_ptr<net::TransportSocket> transport, int64_t deadline_ms,
              std::string address, OnDialled done) {
    tunnels_.push_back(std::make_unique<SecureTunnel>(
        main_, fd, std::move(transport), deadline_ms - main_.now_ms(),
        [this, address = std::move(address),
         done = std::move(done)](absl::StatusOr<int> local) mutable {
          if (!local.ok()) {
            local = absl::UnavailableError(
                absl::StrCat("cannot connect to ", address, ": ", local.status().message()));
          }
          Finish(std::move(local), done);
        },
        [this](SecureTunnel& tunnel) { Forget(tunnel); }));
  }

  void Finish(absl::StatusOr<int> fd, OnDialled& done) {
    if (!fd.ok()) return done(fd.status());
    rpc::Channel::Options options;
    options.max_message_bytes = kMaxResponseBytes;
    done(rpc::Channel::OverDescriptor(main_, *fd, config_.authority, options));
  }

  void Forget(SecureTunnel& tunnel) {
    for (auto& each : tunnels_) {
      if (each.get() != &tunnel) continue;
      main_.DeleteLater(std::move(each));
      std::swap(each, tunnels_.back());
      return tunnels_.pop_back();
    }
  }

  std::shared_ptr<const clusters::ClusterView> Find() const {
    for (const auto& view : clusters_.Clusters()) {
      if (view->config->name == config_.cluster) return view;
    }
    return nullptr;
  }

  event::Loop& main_;
  clusters::ClusterManager& clusters_;
  ControlPlaneService config_;
  uint64_t next_;
  std::unique_ptr<net::Connector> connector_;
  // Of the connection in use and of earlier ones whose last bytes are on their way.
  std::vector<std::unique_ptr<SecureTunnel>> tunnels_;
};

void ParseArguments(const envoy::config::core::v3::GrpcService::GoogleGrpc::ChannelArgs& proto,
                    ControlPlaneService& config, config::Faults& faults) {
  for (const auto& [name, value] : proto.args()) {
    if (value.has_string_value()) {
      config.channel_arguments.emplace_back(name, value.string_value());
      continue;
    }
    const auto number = static_cast<int>(value.int_value());
    config.channel_arguments.emplace_back(name, number);
    if (number == value.int_value()) continue;
    config::Faults::Scope scope(faults, "google_grpc");
    faults.Add("channel_args", absl::StrCat(name, ": ", value.int_value(),
                                            " does not fit into the 32 bits that gRPC takes"));
  }
}

ControlPlaneService ParseService(const envoy::config::core::v3::GrpcService& proto,
                                 config::Faults& faults) {
  ControlPlaneService config;
  if (proto.has_envoy_grpc()) {
    config.cluster = proto.envoy_grpc().cluster_name();
    config.authority = proto.envoy_grpc().authority();
  } else if (proto.has_google_grpc()) {
    config.target_uri = proto.google_grpc().target_uri();
    ParseArguments(proto.google_grpc().channel_args(), config, faults);
  } else {
    faults.Add("", "needs envoy_grpc or google_grpc");
  }
  for (const auto& header : proto.initial_metadata()) {
    config.initial_metadata.emplace_back(header.key(), header.value());
  }
  return config;
}

void ParseApiType(const ApiConfigSource& proto, ControlPlaneUse use, ControlPlaneConfig& config,
                  config::Faults& faults) {
  const bool may_be_aggregated = use == ControlPlaneUse::kConfigSource;
  const auto type = proto.api_type();
  const bool is_delta =
      type == ApiConfigSource::DELTA_GRPC || type == ApiConfigSource::AGGREGATED_DELTA_GRPC;
  if (is_delta) config.protocol = xds::Protocol::kDelta;
  config.is_aggregated =
      type == ApiConfigSource::AGGREGATED_GRPC || type == ApiConfigSource::AGGREGATED_DELTA_GRPC;
  const bool is_known = is_delta || config.is_aggregated || type == ApiConfigSource::GRPC;
  if (!is_known || (config.is_aggregated && !may_be_aggregated)) {
    faults.Add("api_type", may_be_aggregated ? "must be GRPC, DELTA_GRPC, AGGREGATED_GRPC or "
                                               "AGGREGATED_DELTA_GRPC"
                                             : "must be GRPC or DELTA_GRPC");
  }
}

}  // namespace

ControlPlaneConfig ParseControlPlane(const ApiConfigSource& proto, ControlPlaneUse use,
                                     config::Faults& faults) {
  ControlPlaneConfig config;
  ParseApiType(proto, use, config, faults);
  if (proto.transport_api_version() == envoy::config::core::v3::V2) {
    faults.Add("transport_api_version", "V2 is gone; V3 is implemented");
  }
  config.node_on_first_message_only = proto.set_node_on_first_message_only();
  if (config.is_aggregated && proto.grpc_services_size() > 0) {
    faults.Add("grpc_services", "the servers of ads_config are meant: name none");
  } else if (!config.is_aggregated && proto.grpc_services_size() == 0) {
    faults.Add("grpc_services", "must name at least one server");
  }
  for (int i = 0; i < proto.grpc_services_size(); ++i) {
    config::Faults::Scope scope(faults, "grpc_services", i);
    config.services.push_back(ParseService(proto.grpc_services(i), faults));
  }
  return config;
}

net::ConnectOptions ControlPlaneConnectOptions(const net::ConnectOptions& of_cluster) {
  net::ConnectOptions options = of_cluster;
  if (options.tcp_keepalive) return options;
  options.tcp_keepalive = true;
  options.keepalive_time_s = 30;
  options.keepalive_interval_s = 10;
  options.keepalive_probes = 3;
  return options;
}

rpc::Channel::Options TargetOptions(const ControlPlaneService& service) {
  rpc::Channel::Options options;
  options.max_message_bytes = kMaxResponseBytes;
  options.arguments = service.channel_arguments;
  auto is_keepalive = [](const auto& argument) { return argument.first == kKeepaliveTime; };
  if (std::none_of(options.arguments.begin(), options.arguments.end(), is_keepalive)) {
    options.arguments.emplace_back(kKeepaliveTime, kKeepaliveTimeMs);
  }
  return options;
}

xds::ControlPlaneDialer CreateDialer(event::Loop& main, clusters::ClusterManager& clusters,
                                     const ControlPlaneService& service) {
  if (service.cluster.empty()) {
    return [&main, target = service.target_uri, options = TargetOptions(service)](OnDialled done) {
      done(rpc::Channel::ToTarget(main, target, options));
    };
  }
  auto dialer = std::make_shared<ClusterDialer>(main, clusters, service);
  return [dialer](OnDialled done) { dialer->Dial(std::move(done)); };
}

std::vector<xds::ControlPlaneServer> CreateServers(event::Loop& main,
                                                   clusters::ClusterManager& clusters,
                                                   const ControlPlaneConfig& config) {
  std::vector<xds::ControlPlaneServer> servers;
  for (const ControlPlaneService& service : config.services) {
    std::string name = service.cluster.empty() ? service.target_uri
                                               : absl::StrCat("cluster '", service.cluster, "'");
    servers.push_back(
        {std::move(name), CreateDialer(main, clusters, service), service.initial_metadata});
  }
  return servers;
}

}  // namespace weir::discovery
