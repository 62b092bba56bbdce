// The aggregated discovery service over gRPC: one session a client, all served the same snapshot.
// Loop's thread only.
#pragma once

#include <list>
#include <memory>

#include "source/control/ads_session.h"
#include "source/control/snapshot.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"

namespace weir::control {

class AdsService {
 public:
  explicit AdsService(event::Loop& loop);
  ~AdsService();
  AdsService(const AdsService&) = delete;
  AdsService& operator=(const AdsService&) = delete;

  // A client has called: for rpc::Server.
  void OnStream(std::unique_ptr<rpc::IncomingStream> stream);
  // Every client is brought to `snapshot`. Before the first one, clients wait.
  void Publish(std::shared_ptr<const Snapshot> snapshot);

  size_t client_count() const { return clients_.size(); }

 private:
  class Client;

  event::Loop& loop_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::list<std::unique_ptr<Client>> clients_;
};

}  // namespace weir::control
