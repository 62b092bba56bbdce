// How HTTP is spoken to a cluster → the HTTP fields of ClusterOptions. Main thread.
//
// HttpProtocolOptions in typed_extension_protocol_options decides where it is given; the cluster's
// own fields (common_http_protocol_options, http2_protocol_options and so on) are the older form
// and count only without it, as in Envoy.
#pragma once

#include "source/config/faults.h"
#include "source/upstream/cluster_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

void ParseHttpOptions(const envoy::config::cluster::v3::Cluster& proto,
                      upstream::ClusterOptions& options, config::Faults& faults);

}  // namespace weir::clusters
