// What an established session says of itself and its peer. Pure functions of a session.
#pragma once

#include "source/net/secure_info.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

// Leaf first; empty: the peer showed none. Never null.
X509StackPtr PeerChainOf(const SSL* ssl);
// All but is_peer_validated.
net::SecureInfo DescribeSession(const SSL* ssl);

}  // namespace weir::tls
