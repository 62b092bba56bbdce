// The discovery services over gRPC, aggregated and of one type each, in the state of the world and
// by delta: one session a stream, all served the same snapshot. Loop's thread only.
#pragma once

#include <list>
#include <memory>

#include "source/control/discovery_session.h"
#include "source/control/snapshot.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"

namespace weir::control {

class DiscoveryService {
 public:
  explicit DiscoveryService(event::Loop& loop);
  ~DiscoveryService();
  DiscoveryService(const DiscoveryService&) = delete;
  DiscoveryService& operator=(const DiscoveryService&) = delete;

  // A client has called: for rpc::Server.
  void OnStream(std::unique_ptr<rpc::IncomingStream> stream);
  // Every client is brought to `snapshot`. Before the first one, clients wait.
  void Publish(std::shared_ptr<const Snapshot> snapshot);

  // Streams that are open.
  size_t client_count() const { return clients_.size(); }

 private:
  class Client;

  event::Loop& loop_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::list<std::unique_ptr<Client>> clients_;
};

}  // namespace weir::control
