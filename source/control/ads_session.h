// One client's aggregated stream: what it asked for, what it was sent, what is due next.
//
// Pushes go make-before-break: clusters, their endpoints, listeners, routes; a type waits until the
// client has answered for those before it. Clusters that a change removes stay until the routes
// that no longer name them are in place, and only then a second push drops them:
//
//   clusters (new and old) → endpoints → listeners → routes → clusters (new)
//
// Resources asked for by name are sent when they are asked for and when they change, each by
// itself. What was refused is not sent again until it is another. Loop's thread only; knows no
// gRPC: the owner passes requests in and sends responses out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/control/served_types.h"
#include "source/control/snapshot.h"
#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::control {

class AdsSession {
 public:
  using Send = std::function<void(const envoy::service::discovery::v3::DiscoveryResponse&)>;

  // How long listeners wait for a client to ask for the endpoints of its clusters. Some do not.
  static constexpr int64_t kEndpointsPatienceMs = 2000;

  // `peer` is what the client is called until it says its node id.
  AdsSession(event::Loop& loop, std::string peer, Send send);

  void OnRequest(const envoy::service::discovery::v3::DiscoveryRequest& request);
  // Never null. Until the first, requests wait.
  void OnSnapshot(std::shared_ptr<const Snapshot> snapshot);

  const std::string& client() const { return client_; }

 private:
  using Bodies = std::map<std::string, Body, std::less<>>;

  // One type on this stream.
  struct Channel {
    bool is_subscribed = false;
    bool wants_all = false;
    bool has_named = false;  // from then on an empty list means nothing, not everything
    std::set<std::string, std::less<>> names;

    bool was_sent = false;
    Bodies sent;
    std::string sent_version;
    uint64_t sent_nonce = 0;
    bool is_awaited = false;  // its answer
    bool was_refused = false;

    bool Wants(std::string_view name) const { return wants_all || names.count(name) > 0; }
  };

  Channel& Of(ServedType type) { return channels_[static_cast<size_t>(type)]; }

  void TakeAnswer(const ServedTypeInfo& info, Channel& channel,
                  const envoy::service::discovery::v3::DiscoveryRequest& request);
  void TakeNames(const ServedTypeInfo& info, Channel& channel,
                 const envoy::service::discovery::v3::DiscoveryRequest& request);
  // Sends what is due, as far as the order allows.
  void Advance();
  // True when the types behind it have to wait.
  bool AdvanceType(const ServedTypeInfo& info);
  bool AwaitsEndpointSubscription();

  void PushSet(const ServedTypeInfo& info, Channel& channel);
  void PushChanged(const ServedTypeInfo& info, Channel& channel);
  void Push(const ServedTypeInfo& info, Channel& channel, std::string version,
            const Bodies& bodies);

  const Send send_;
  std::string client_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::array<Channel, kServedTypeCount> channels_;
  std::set<std::string> unserved_types_;  // told once
  uint64_t next_nonce_ = 0;
  bool drops_stale_clusters_ = true;
  bool is_patient_ = true;  // still waits for endpoints to be asked for
  event::Timer patience_;
};

}  // namespace weir::control
