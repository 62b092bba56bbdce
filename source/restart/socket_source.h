// Listening sockets that somebody else opened: the process before this one, or its supervisor.
#pragma once

#include <string_view>
#include <vector>

#include "source/base/descriptor.h"
#include "source/net/address.h"

namespace weir::restart {

// The sockets of one address, one for each worker of whoever opened them or one for all.
struct TakenSockets {
  std::vector<base::Descriptor> descriptors;
  // Somebody else keeps them open beyond this process: who waits in their queues waits for the
  // next one.
  bool outlive_us = false;
};

class SocketSource {
 public:
  virtual ~SocketSource() = default;

  // What is bound to `address` or, when its port is 0, belongs to the listener called `listener`.
  // Without descriptors: there is nothing. Main thread.
  virtual TakenSockets Take(std::string_view listener, const net::Address& address) = 0;
};

}  // namespace weir::restart
