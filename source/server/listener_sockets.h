// The listening sockets of one listener, bound but not yet listening: for each address one a
// worker, so that the kernel spreads connections, or one that all share. Those that somebody else
// opened already are used as they are. Main thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "source/base/descriptor.h"
#include "source/config/faults.h"
#include "source/restart/handover.h"
#include "source/restart/socket_source.h"
#include "source/server/listener_config.h"

namespace weir::server {

class ListenerSockets {
 public:
  struct Context {
    size_t worker_count = 0;                     // 0: nothing is bound, addresses are only noted
    restart::SocketSource* inherited = nullptr;  // null: none
    // Another version of the listener may have the port: it is not somebody else's then.
    bool has_other_version = false;
  };
  // Null exactly when faults were added.
  static std::unique_ptr<ListenerSockets> Bind(const ListenerConfig& config, const Context& context,
                                               config::Faults& faults);

  // As bound: the ports that 0 became.
  const std::vector<net::Address>& addresses() const { return addresses_; }
  bool IsBoundTo(const net::Address& address) const;

  // Those of one worker, listening: they are the worker's now, and stay open until it is told to
  // drain the listener.
  std::vector<int> HandToWorker(size_t index, const ListenerConfig& config);

  // For another process that is to accept from them as well; nothing when neither address nor, for
  // port 0, the listener's name fits.
  restart::LentSockets Lend(bool is_name, const net::Address& address);
  void TakeBack() { is_lent_ = false; }
  // Who waits in the queues when this process lets go of the sockets is somebody else's.
  bool are_shared() const { return is_lent_ || outlive_us_; }

 private:
  bool BindAddress(const net::Address& address, const ListenerConfig& config,
                   const Context& context, config::Faults& faults);
  void Adopt(restart::TakenSockets taken, const ListenerConfig& config, size_t worker_count);
  void AddSocket(size_t worker, base::Descriptor socket);

  std::vector<net::Address> addresses_;
  std::vector<std::vector<int>> distinct_;                // by address; see HandToWorker()
  std::vector<std::vector<base::Descriptor>> by_worker_;  // until they are handed over
  bool is_lent_ = false;
  bool outlive_us_ = false;
};

}  // namespace weir::server
