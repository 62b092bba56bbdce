// A listener on one worker: accepts on this worker's own sockets, chooses the filter chain, keeps
// the connections. A new version of the configuration replaces the old one in place: chains that
// are still in it keep their connections, the others drain. Worker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "source/event/fd_event.h"
#include "source/event/timer.h"
#include "source/server/active_connection.h"
#include "source/server/connection_limit.h"
#include "source/server/connection_log.h"
#include "source/server/listener_config.h"
#include "source/server/listener_filter_run.h"
#include "source/server/listener_index.h"

namespace weir::server {

class ActiveListener final : private WorkerChain::Listener, private ListenerFilterRun::Owner {
 public:
  // Owns `fds`, which listen already, one for each address. `drain_ms`: how long a chain that went
  // may drain.
  ActiveListener(event::Loop& loop, std::shared_ptr<const ListenerConfig> config,
                 std::vector<int> fds, ConnectionLimit& limit, int64_t drain_ms);
  ~ActiveListener();
  // Those that connections may be handed over to; outlive it. Without them all are served here.
  void set_neighbours(const ListenerIndex& neighbours) { neighbours_ = &neighbours; }

  void Update(std::shared_ptr<const ListenerConfig> config);
  // What becomes of connections that wait to be accepted when the sockets are closed: they are
  // taken first, or left to whoever else accepts from these sockets.
  enum class Queues : uint8_t { kTaken, kLeft };
  // Closes the sockets and drains every chain.
  void Drain(Queues queues);
  // Cuts every connection now; they are gone when the turn ends.
  void CloseAll();
  // Runs `done` once no connection is left; requires Drain().
  void WhenEmpty(std::function<void()> done);
  bool empty() const { return chains_.empty() && runs_.empty(); }

 private:
  class Socket;

  // WorkerChain::Listener
  void OnConnectionGone(WorkerChain& chain, const ActiveConnection& connection) override;
  void OnTransportFault(TransportFault fault) override;
  // ListenerFilterRun::Owner
  void OnRunDone(ListenerFilterRun& run, ListenerFilterRun::Outcome outcome,
                 const filter::AcceptedSocket& socket) override;

  void OnAccepted(int fd, const net::Address& remote, const net::Address& local);
  // One that has its place under the limit: from the kernel, or from another listener.
  void Take(filter::AcceptedSocket socket);
  // Whose a redirected connection is; null: this one's.
  ActiveListener* OwnerOf(const filter::AcceptedSocket& socket) const;
  void ChooseChain(const filter::AcceptedSocket& socket);
  WorkerChain& ChainOf(const std::shared_ptr<const FilterChain>& chain);
  void DrainChain(WorkerChain& chain);
  void Refuse(const filter::AcceptedSocket& socket, Refusal why);
  void DropEmptyChains();

  event::Loop& loop_;
  std::shared_ptr<const ListenerConfig> config_;
  ListenerStats* stats_;
  ConnectionLimit& limit_;
  const int64_t drain_ms_;
  const ListenerIndex* neighbours_ = nullptr;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<WorkerChain>> chains_;
  base::IntrusiveList<ListenerFilterRun> runs_;
  event::Timer sweep_timer_;
  std::function<void()> when_empty_;
  bool is_draining_ = false;
};

}  // namespace weir::server
