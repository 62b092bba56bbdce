// What a client says of its resources (CSDS), for people. Pure functions.
#pragma once

#include <string>

#include "envoy/service/status/v3/csds.pb.h"

namespace weir::control {

// A line for each resource, columns aligned: TYPE NAME VERSION STATUS UPDATED ERROR. With several
// clients, each under a line that says its node. Ends with a line that counts. Whatever the client
// says is printable.
std::string StatusTable(const envoy::service::status::v3::ClientStatusResponse& response);

// Whether any resource was refused.
bool HasRefusal(const envoy::service::status::v3::ClientStatusResponse& response);

}  // namespace weir::control
