// The two TLS transport sockets that the registry lists: towards clients and towards hosts. What
// they make is source/tls's.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::tls {

// DownstreamTlsContext.
std::unique_ptr<filter::ServerTransportConfigFactory> CreateDownstreamFactory();
// UpstreamTlsContext.
std::unique_ptr<filter::ClientTransportConfigFactory> CreateUpstreamFactory();

}  // namespace weir::extensions::tls
