// Cluster.transport_socket → who makes the transport sockets. What there is to choose from is known
// above this layer: the server passes the parser in. Main thread.
#pragma once

#include <memory>
#include <string_view>

#include "source/config/faults.h"
#include "source/net/transport_factory.h"

namespace google::protobuf {
class Any;
}

namespace weir::clusters {

class ClientTransportParser {
 public:
  virtual ~ClientTransportParser() = default;
  // `config`: of TransportSocket.typed_config, never raw_buffer. `stat_prefix`: "cluster.NAME".
  // Null exactly when it added faults.
  virtual std::shared_ptr<const net::ClientTransportFactory> Parse(
      const google::protobuf::Any& config, std::string_view stat_prefix,
      config::Faults& faults) const = 0;
};

}  // namespace weir::clusters
