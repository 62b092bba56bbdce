// transport_socket of clusters, by the registry: the cluster layer does not know what transport
// sockets there are. Main thread; everything passed in outlives it.
#pragma once

#include <memory>
#include <string_view>

#include "source/clusters/client_transport_parser.h"
#include "source/filter/registry.h"

namespace weir::server {

class ClientTransports final : public clusters::ClientTransportParser {
 public:
  ClientTransports(const filter::ExtensionRegistry& registry, event::Loop& main,
                   stats::Store& stats, tls::SecretManager& secrets)
      : registry_(registry), main_(main), stats_(stats), secrets_(secrets) {}

  std::shared_ptr<const net::ClientTransportFactory> Parse(const google::protobuf::Any& config,
                                                           std::string_view stat_prefix,
                                                           config::Faults& faults) const override;

 private:
  const filter::ExtensionRegistry& registry_;
  event::Loop& main_;
  stats::Store& stats_;
  tls::SecretManager& secrets_;
};

}  // namespace weir::server
