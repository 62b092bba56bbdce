// The DNS fields of envoy.config.cluster.v3.Cluster → DnsConfig. Of the ways to name resolvers the
// newest one that is set holds: typed_dns_resolver_config, dns_resolution_config, dns_resolvers.
// Main thread.
#pragma once

#include <memory>

#include "source/config/faults.h"
#include "source/upstream/cluster_config.h"

namespace envoy::config::cluster::v3 {
class Cluster;
}

namespace weir::clusters {

std::shared_ptr<const upstream::DnsConfig> ParseDns(
    const envoy::config::cluster::v3::Cluster& proto, config::Faults& faults);

}  // namespace weir::clusters
