// How the connection to the control plane is made: to a target that gRPC resolves (google_grpc), or
// to a host of one of our own clusters, dialled by our own connector and secured by the cluster's
// own transport (envoy_grpc). Main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/clusters/cluster_manager.h"
#include "source/config/faults.h"
#include "source/event/loop.h"
#include "source/net/connector.h"
#include "source/rpc/bidi_stream.h"
#include "source/xds/control_plane_stream.h"
#include "source/xds/discovery_methods.h"

namespace envoy::config::core::v3 {
class ApiConfigSource;
}

namespace weir::discovery {

// One of grpc_services.
struct ControlPlaneService {
  std::string cluster;     // envoy_grpc; empty: target
  std::string authority;   // :authority over a cluster; empty: the cluster's name
  std::string target_uri;  // google_grpc
  std::vector<rpc::Channel::Argument> channel_arguments;  // google_grpc
  rpc::Metadata initial_metadata;
};

// What an ApiConfigSource says.
struct ControlPlaneConfig {
  xds::Protocol protocol = xds::Protocol::kStateOfTheWorld;
  // The stream of ads_config is meant, which has servers of its own.
  bool is_aggregated = false;
  std::vector<ControlPlaneService> services;  // in order of preference
  bool node_on_first_message_only = false;
};

// Where the ApiConfigSource stands: dynamic_resources.ads_config, a ConfigSource, or a service that
// has a stream and servers of its own (hds_config).
enum class ControlPlaneUse { kAggregated, kConfigSource, kOwnService };

// Adds faults where it asks for what is not implemented.
ControlPlaneConfig ParseControlPlane(const envoy::config::core::v3::ApiConfigSource& proto,
                                     ControlPlaneUse use, config::Faults& faults);

// A response, serialised: of state of the world, 10,000 clusters with TLS contexts and endpoints of
// their own take some 50 MB.
inline constexpr int64_t kMaxResponseBytes = 256 * 1024 * 1024;

// `of_cluster`, with TCP keepalive also when the cluster asks for none: nothing else would find out
// that a control plane which has nothing to say is gone. (HTTP/2 pings would, but many servers send
// away who pings often.)
net::ConnectOptions ControlPlaneConnectOptions(const net::ConnectOptions& of_cluster);

// Everything passed in outlives the servers.
std::vector<xds::ControlPlaneServer> CreateServers(event::Loop& main,
                                                   clusters::ClusterManager& clusters,
                                                   const ControlPlaneConfig& config);
xds::ControlPlaneDialer CreateDialer(event::Loop& main, clusters::ClusterManager& clusters,
                                     const ControlPlaneService& service);

// How a target is called. Pings find out that a control plane which has nothing to say is gone:
// seldom enough for gRPC's servers, which send away who pings a silent stream more often than once
// in five minutes; channel_args may say otherwise.
rpc::Channel::Options TargetOptions(const ControlPlaneService& service);

}  // namespace weir::discovery
