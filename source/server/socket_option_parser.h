// envoy.config.core.v3.SocketOption → net::SocketOption.
#pragma once

#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "source/config/faults.h"
#include "source/net/listen_socket.h"

namespace envoy::config::core::v3 {
class SocketOption;
}

namespace weir::server {

// Faults are added under "socket_options[i]".
std::vector<net::SocketOption> ParseSocketOptions(
    const google::protobuf::RepeatedPtrField<envoy::config::core::v3::SocketOption>& protos,
    config::Faults& faults);

}  // namespace weir::server
