// One connection being opened, with its place under max_connections. Its owner hears the outcome
// once; destroying it before that abandons the attempt. Worker's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/net/connector.h"
#include "source/upstream/connection_slot.h"

namespace weir::upstream {

class ConnectAttempt;

class ConnectOwner {
 public:
  // `fd` is the owner's from now on, and so is the attempt's slot, which it takes. The attempt must
  // not be destroyed in these calls, only given to DeleteLater.
  virtual void OnConnected(ConnectAttempt& attempt, int fd) = 0;
  virtual void OnConnectFailed(ConnectAttempt& attempt, const http::StreamError& error) = 0;

 protected:
  ~ConnectOwner() = default;
};

class ConnectAttempt final : public event::Deletable, public base::ListNode<ConnectAttempt> {
 public:
  ConnectAttempt(const WorkerContext& context, ConnectionSlot slot, const net::Address& to,
                 ConnectOwner& owner);

  const net::Address& address() const { return address_; }
  ConnectionSlot TakeSlot() { return std::move(slot_); }

 private:
  void OnDone(absl::StatusOr<int> fd);

  const WorkerContext& context_;
  ConnectOwner& owner_;
  const net::Address address_;
  const int64_t start_ms_;
  ConnectionSlot slot_;
  std::unique_ptr<net::Connector> connector_;
};

}  // namespace weir::upstream
