// Where a connection was going before the kernel sent it to a socket of ours: by a REDIRECT or DNAT
// rule, which keeps the first destination in connection tracking (IPv4 and IPv6), or by TPROXY,
// where the accepted socket itself still has that address. Any thread; at most two system calls.
#pragma once

#include "source/net/address.h"

namespace weir::net {

// Of the accepted socket `fd`, whose own address is `local`. Unset when it was going to `local` and
// nowhere else.
Address OriginalDestination(int fd, const Address& local);

}  // namespace weir::net
