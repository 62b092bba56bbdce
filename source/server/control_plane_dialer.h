// How the connection to the control plane is made: to a target that gRPC resolves (google_grpc), or
// to a host of one of our own clusters, dialled by our own connector and secured by the cluster's
// own transport (envoy_grpc). Main thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/faults.h"
#include "source/event/loop.h"
#include "source/net/connector.h"
#include "source/rpc/bidi_stream.h"
#include "source/upstream/cluster_manager.h"
#include "source/xds/ads_client.h"

namespace envoy::config::core::v3 {
class ApiConfigSource;
}

namespace weir::server {

// What dynamic_resources.ads_config says.
struct ControlPlaneConfig {
  std::string cluster;     // envoy_grpc; empty: target
  std::string authority;   // :authority over a cluster; empty: the cluster's name
  std::string target_uri;  // google_grpc
  std::vector<rpc::Channel::Argument> channel_arguments;  // google_grpc
  rpc::Metadata initial_metadata;
  bool node_on_first_message_only = false;
};

// Adds faults where ads_config asks for what is not implemented.
ControlPlaneConfig ParseControlPlane(const envoy::config::core::v3::ApiConfigSource& proto,
                                     config::Faults& faults);

// `of_cluster`, with TCP keepalive also when the cluster asks for none: nothing else would find out
// that a control plane which has nothing to say is gone. (HTTP/2 pings would, but many servers send
// away who pings.)
net::ConnectOptions ControlPlaneConnectOptions(const net::ConnectOptions& of_cluster);

// Everything passed in outlives the dialer.
xds::ControlPlaneDialer CreateDialer(event::Loop& main, upstream::ClusterManager& clusters,
                                     const ControlPlaneConfig& config);

}  // namespace weir::server
