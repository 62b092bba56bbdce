// An xDS stream: one gRPC stream that carries every type (ADS), or one type, in either protocol.
//
// Asks and answers for its subscriptions; sinks keep what they have while there is no stream.
// Requests leave at the end of the turn, parents before children in the order of Subscribe(), so
// that a burst of changes costs one request a type. Main loop's thread only; outlives its
// subscriptions. Wiring:
//
//   xds::DiscoveryClient client(loop, std::move(options), std::move(servers), store, random);
//   auto cds = client.Subscribe(…);  …  client.Start();
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "envoy/config/core/v3/base.pb.h"
#include "source/base/random.h"
#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/event/timer.h"
#include "source/stats/stats.h"
#include "source/xds/backoff.h"
#include "source/xds/control_plane_stream.h"
#include "source/xds/discovery_methods.h"
#include "source/xds/discovery_response.h"
#include "source/xds/discovery_stats.h"
#include "source/xds/discovery_subscription.h"
#include "source/xds/subscription.h"
#include "source/xds/token_bucket.h"

namespace weir::xds {

// Requests of a type wait while one of these for it exists.
using RequestPause = std::shared_ptr<void>;

class DiscoveryClient final : public ResourceSource,
                              private ControlPlaneStreamHandler,
                              private event::TurnEndHook,
                              private DiscoveryLink {
 public:
  struct Options {
    Protocol protocol = Protocol::kStateOfTheWorld;
    // Of one type's own stream: MethodOf(). Empty: the aggregated one.
    std::string method;
    envoy::config::core::v3::Node node;
    // Saves bytes; Envoy repeats the node with every request by default, and so do we.
    bool node_on_first_message_only = false;
    BackoffOptions reconnect;
    // Of requests, when the configuration has one.
    std::optional<TokenBucket::Options> rate_limit;
    // Two streams have two: gauges are of one.
    std::string stats_prefix = "control_plane";
  };

  // Servers in order of preference: see control_plane_stream.h.
  DiscoveryClient(event::Loop& loop, Options options, std::vector<ControlPlaneServer> servers,
                  stats::Store& store, base::Random& random);
  // One server.
  DiscoveryClient(event::Loop& loop, Options options, ControlPlaneDialer dialer,
                  stats::Store& store, base::Random& random);
  ~DiscoveryClient() override;
  DiscoveryClient(const DiscoveryClient&) = delete;
  DiscoveryClient& operator=(const DiscoveryClient&) = delete;

  // Begins to dial. Subscriptions may be made before and after.
  void Start() { stream_.Start(); }

  std::unique_ptr<Subscription> Subscribe(ResourceType type, const SubscriptionOptions& options,
                                          ResourceSink& sink) override;

  // For those who work on an update over several turns and want what they ask for as a consequence
  // to leave at once. Pauses nest, and may outlive the client.
  [[nodiscard]] RequestPause PauseRequests(const std::string& type_url);

  // The connection, versions and refusals: readable from any thread. Never null.
  const event::Published<SourceState>& state() const { return state_; }

 private:
  struct PauseCounts {
    absl::flat_hash_map<std::string, int> of_type;
    absl::AnyInvocable<void()> on_resume;
  };

  void OnStreamOpen() override;
  void OnStreamDecoded(std::unique_ptr<rpc::Decoded> message) override;
  void OnStreamEnd(const absl::Status& status) override;
  std::string ProbeRequest() override;
  void OnTurnEnd() override;
  void OnRequestDue(DiscoverySubscription& subscription) override;
  void OnSubscriptionGone(DiscoverySubscription& subscription) override;

  void OnResponse(std::unique_ptr<Response> response);
  void Deliver(std::unique_ptr<Response> response);
  void ContinueDelivery();
  void AwaitNextTurn();
  void EndDelivery();

  void FlushRequests();
  bool FlushType(DiscoverySubscription& subscription);
  void WaitForToken();
  const envoy::config::core::v3::Node* NodeToSend() const;
  uint32_t ServerNumber() const;
  void NoteServer();

  DiscoverySubscription* Find(const std::string& type_url) const;
  DiscoverySubscription* Recipient(const Response& response) const;
  bool IsPaused(const DiscoverySubscription& subscription) const;
  void PublishState();

  event::Loop& loop_;
  const Protocol protocol_;
  const bool is_aggregated_;
  const envoy::config::core::v3::Node node_;
  const bool node_on_first_message_only_;
  stats::Store& store_;
  base::Random& random_;
  const std::shared_ptr<stats::Group<ControlPlaneStats>> stats_;
  event::Published<SourceState> state_;
  std::string identifier_;
  std::optional<size_t> last_server_;  // that a stream was open to
  std::string last_error_;
  bool is_state_stale_ = true;

  std::vector<DiscoverySubscription*> subscriptions_;  // parents before children
  const std::shared_ptr<PauseCounts> pauses_;
  DiscoverySubscription* delivering_ =
      nullptr;                          // a response of it is being delivered, slice by slice
  std::vector<RequestPause> children_;  // held meanwhile
  std::deque<std::unique_ptr<Response>> inbox_;  // what arrived meanwhile all the same
  bool has_sent_ = false;                        // anything on this stream
  absl::flat_hash_set<std::string>
      left_;  // types this stream was asked for, by former subscriptions
  std::optional<TokenBucket> tokens_;
  event::Timer token_timer_;
  // What posted work holds of us, weakly.
  std::shared_ptr<DiscoveryClient*> self_;
  ControlPlaneStream stream_;
};

}  // namespace weir::xds
