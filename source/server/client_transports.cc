#include "source/server/client_transports.h"

namespace weir::server {

std::shared_ptr<const net::ClientTransportFactory> ClientTransports::Parse(
    const google::protobuf::Any& config, std::string_view stat_prefix,
    config::Faults& faults) const {
  const auto* factory = registry_.FindClientTransport(config, faults);
  if (factory == nullptr) return nullptr;
  config::Faults::Scope scope(faults, "typed_config");
  return factory->Parse(config, {main_, stats_, secrets_, stat_prefix}, faults);
}

}  // namespace weir::server
