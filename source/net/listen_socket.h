// Listening sockets: one a worker with SO_REUSEPORT, so that the kernel spreads connections and no
// worker wakes another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/net/address.h"

namespace weir::net {

// One setsockopt() that configuration asks for by numbers.
struct SocketOption {
  enum class When : uint8_t { kBeforeBind, kBound, kListening };

  int level = 0;
  int name = 0;
  std::string value;  // its bytes
  When when = When::kBeforeBind;

  friend bool operator==(const SocketOption&, const SocketOption&) = default;
};

struct ListenOptions {
  int backlog = 4096;
  bool reuse_port = true;
  bool freebind = false, transparent = false;
  bool v6_only = true;        // for IPv6 addresses: ipv4_compat turns it off
  uint32_t pipe_mode = 0600;  // of a Unix-domain socket's file
  std::vector<SocketOption> socket_options = {};

  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
};

// A bound descriptor, not yet listening, non-blocking. The error's text names the address and the
// errno ("cannot bind 0.0.0.0:80: Permission denied"). For port 0 every further socket of the same
// listener must be bound to the port the first one got: see BoundAddress. SO_REUSEPORT spreads
// nothing over Unix-domain sockets: bind one of them once and let the workers share (dup) it. A
// socket file that a dead process left is removed first; one that somebody listens on is not.
absl::StatusOr<int> BindListenSocket(const Address& address, const ListenOptions& options);
// With those of `socket_options` that are for a socket that listens.
absl::Status StartListening(int fd, int backlog,
                            const std::vector<SocketOption>& socket_options = {});
absl::StatusOr<Address> BoundAddress(int fd);

}  // namespace weir::net
