// One client's stream: what it asked for, what it was sent, what is due next. What state of the
// world and delta have in common; the two kinds of session read requests and make responses.
//
// Pushes go make-before-break: secrets, clusters, their endpoints, listeners, routes; a type waits
// until the client has answered for those before it. What a change removes of the first three stays
// until the listeners and routes that no longer name it are in place; then a second round drops it:
//
//   secrets → clusters (new and old) → endpoints → listeners → routes → clusters (new) → …
//
// On a stream for one type there is nothing to wait for. What was refused is not sent again until
// it is another, or asked for anew. Loop's thread only; knows no gRPC: the owner passes requests in
// and sends responses out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "envoy/config/core/v3/base.pb.h"
#include "google/rpc/status.pb.h"
#include "source/control/served_types.h"
#include "source/control/snapshot.h"
#include "source/event/loop.h"
#include "source/event/timer.h"

namespace weir::control {

class DiscoverySession {
 public:
  // Takes the bytes of a response.
  using Send = std::function<void(std::string bytes)>;

  struct Options {
    // What the client is called until it says its node id.
    std::string peer;
    // The only type of this stream; null: all.
    const ServedTypeInfo* only = nullptr;
  };

  // How long listeners wait for a client to ask for the endpoints of its clusters. Some do not.
  static constexpr int64_t kEndpointsPatienceMs = 2000;

  virtual ~DiscoverySession() = default;
  DiscoverySession(const DiscoverySession&) = delete;
  DiscoverySession& operator=(const DiscoverySession&) = delete;

  // The bytes of a request. An error is what the stream is to be ended with.
  virtual absl::Status OnMessage(const std::string& bytes) = 0;
  // Never null. Until the first, requests wait.
  void OnSnapshot(std::shared_ptr<const Snapshot> snapshot);

  const std::string& client() const { return client_; }

 protected:
  // One type on this stream.
  struct Channel {
    bool is_subscribed = false;
    bool wants_all = false;
    std::set<std::string, std::less<>> names;

    bool was_sent = false;
    std::string sent_version;
    std::string sent_nonce;
    bool is_awaited = false;  // its answer
    bool was_refused = false;

    bool Wants(std::string_view name) const { return wants_all || names.count(name) > 0; }
  };

  DiscoverySession(event::Loop& loop, Options options, Send send);

  // Sends what is due of one type, if anything is.
  virtual void PushType(const ServedTypeInfo& info, Channel& channel) = 0;

  // The type a request is about; null when it is not served, which is logged.
  absl::StatusOr<const ServedTypeInfo*> Identify(const envoy::config::core::v3::Node& node,
                                                 const std::string& type_url);
  // The answer to the last response; `error` null: an ACK. `keeps`: the version, if it says one.
  void TakeAnswer(const ServedTypeInfo& info, Channel& channel, const google::rpc::Status* error,
                  std::string_view keeps);
  // A response is about to be sent: its nonce.
  const std::string& BeginResponse(const ServedTypeInfo& info, Channel& channel,
                                   std::string version, size_t resources, size_t removed);
  void SendResponse(std::string bytes) { send_(std::move(bytes)); }
  // Sends what is due, as far as the order allows.
  void Advance();
  // The client has more than it should: that is dropped when all else is in place.
  void BeginTransition() { drops_stale_ = false; }

  Channel& Of(ServedType type) { return channels_[static_cast<size_t>(type)]; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Everything new is in place: what nothing refers to any more may go.
  bool drops_stale() const { return drops_stale_; }

  static constexpr char kIdentifier[] = "weir-control";

 private:
  // True when everything is in place.
  bool AdvanceTypes();
  // True when the types behind it have to wait.
  bool AdvanceType(const ServedTypeInfo& info);
  bool AwaitsEndpointSubscription();

  const ServedTypeInfo* const only_;
  const Send send_;
  std::string client_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::array<Channel, kServedTypeCount> channels_;
  std::set<std::string> unserved_types_;  // told once
  uint64_t next_nonce_ = 0;
  bool drops_stale_ = true;
  bool is_patient_ = true;  // still waits for endpoints to be asked for
  event::Timer patience_;
};

}  // namespace weir::control
