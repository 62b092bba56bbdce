// What TCP proxies hold of a cluster's connections on one worker: each a lease, its place under the
// limits. Where connections of hosts that fail are to be closed (Envoy's
// close_connections_on_host_health_failure), the leases are known here. Worker's thread only.
#pragma once

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/connection.h"
#include "source/upstream/connection_slot.h"
#include "source/upstream/local_cluster.h"

namespace weir::upstream {

class TcpLease final : public ConnectionRequester::Lease, public base::ListNode<TcpLease> {
 public:
  // Takes over the connection's count among the host's active requests. `connection` outlives it.
  // `was_well`: the host, when it was picked.
  TcpLease(ConnectionSlot slot, net::Connection& connection, bool was_well);
  ~TcpLease() override;

  // The host has failed, and was well when it was picked or later: one that was picked for want of
  // better hosts is left alone.
  bool HasLostItsHost();
  // Its handler hears CloseReason::kLocal.
  void Close() { connection_.Close(net::CloseMode::kNow); }

 private:
  ConnectionSlot slot_;
  net::Connection& connection_;
  bool was_well_;
};

class TcpLeases {
 public:
  // Closed in a turn: a host may have had thousands, and others wait for their turn meanwhile.
  static constexpr int kMostPerTurn = 64;

  explicit TcpLeases(event::Loop& loop) : timer_(loop, [this] { CloseSome(); }) {}

  void Add(TcpLease& lease);
  // The health of hosts has changed.
  void CloseLost();

 private:
  void CloseSoon(TcpLease& lease);
  void CloseSome();

  base::IntrusiveList<TcpLease> leases_, lost_;
  event::Timer timer_;
};

}  // namespace weir::upstream
