// Listening sockets that the process was started with (systemd's socket activation): whoever
// supervises it keeps them over a crash, so that connections wait instead of being refused.
// Source: sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, descriptors from 3 on. Main thread.
#pragma once

#include <string_view>
#include <vector>

#include "source/restart/socket_source.h"

namespace weir::restart {

class SupervisorSockets final : public SocketSource {
 public:
  // Those that the environment tells of, which is cleared of them. Descriptors that are no
  // listening stream sockets are closed.
  static SupervisorSockets FromEnvironment();
  // The same for `count` descriptors from `first` on.
  SupervisorSockets(int first, int count);

  // A copy each: a listener that goes away and comes back finds them again.
  TakenSockets Take(std::string_view listener, const net::Address& address) override;

 private:
  struct Socket {
    base::Descriptor descriptor;
    net::Address address;
  };

  std::vector<Socket> sockets_;
};

}  // namespace weir::restart
