// Takes one accepted socket through its listener's listener filters, which look at its first bytes
// without taking them, and hands it on when the last one is content. Worker's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/event/fd_event.h"
#include "source/event/timer.h"
#include "source/server/listener_config.h"

namespace weir::server {

class ListenerFilterRun final : public base::ListNode<ListenerFilterRun>,
                                public event::Deletable,
                                private event::FdHandler {
 public:
  enum class Outcome : uint8_t { kDone, kTimeout, kRefused };

  class Owner {
   public:
    // The run is over. kDone: `socket.fd` is the callee's; otherwise it is closed.
    virtual void OnRunDone(ListenerFilterRun& run, Outcome outcome,
                           const filter::AcceptedSocket& socket) = 0;

   protected:
    ~Owner() = default;
  };

  ListenerFilterRun(event::Loop& loop, std::shared_ptr<const ListenerConfig> config,
                    filter::AcceptedSocket socket, Owner& owner);
  ~ListenerFilterRun() override;
  // May call the owner before it returns.
  void Start();
  const filter::AcceptedSocket& socket() const { return socket_; }

 private:
  void OnReadable() override;
  void OnWritable() override {}

  void Advance();
  void Peek();
  void OnTimeout();
  void Finish(Outcome outcome);

  event::Loop& loop_;
  const std::shared_ptr<const ListenerConfig> config_;
  filter::AcceptedSocket socket_;
  Owner& owner_;
  std::vector<std::unique_ptr<filter::ListenerFilter>> filters_;
  size_t at_ = 0;           // the filter whose turn it is
  bool was_asked_ = false;  // OnAccept of that filter was called
  std::unique_ptr<event::FdEvent> event_;
  event::Timer timer_;
};

}  // namespace weir::server
