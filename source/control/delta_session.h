// A session that speaks delta: a response is what changed of what the client wants, and what of it
// is gone. Every resource has a version of its own, a hash of its content, so that a client that
// comes back and says what it has is sent only what is new to it.
//
// Subscriptions count whatever the nonce beside them is; only the answer in a request with a stale
// nonce is none. What is asked for by name is owed an answer, even if it was sent before: the
// resource, or that there is none.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/control/discovery_session.h"

namespace weir::control {

class DeltaSession final : public DiscoverySession {
 public:
  DeltaSession(event::Loop& loop, Options options, Send send)
      : DiscoverySession(loop, std::move(options), std::move(send)) {}

  absl::Status OnMessage(const std::string& bytes) override;

 private:
  using Request = envoy::service::discovery::v3::DeltaDiscoveryRequest;
  using Response = envoy::service::discovery::v3::DeltaDiscoveryResponse;
  using Names = std::set<std::string, std::less<>>;

  // What the client has: as we sent it, or as it said when it came.
  struct Sent {
    Body body;  // null: known by its version
    std::string version;

    bool Is(const Body& other) const;
  };

  struct State {
    std::map<std::string, Sent, std::less<>> sent;
    Names owed;
    // The client that asked for all was answered, if only to say that this is all.
    bool is_greeted = false;
    // What there was to say of this snapshot was said; null: look again.
    std::shared_ptr<const Snapshot> said;
    bool has_dropped = false;  // what is stale in that snapshot
  };

  State& StateOf(ServedType type) { return states_[static_cast<size_t>(type)]; }

  void TakeFirst(const ServedTypeInfo& info, Channel& channel, const Request& request);
  void Subscribe(const ServedTypeInfo& info, Channel& channel, const std::string& name);
  void Unsubscribe(const ServedTypeInfo& info, Channel& channel, const std::string& name);
  void PushType(const ServedTypeInfo& info, Channel& channel) override;
  void AddChanged(const ServedTypeInfo& info, const Channel& channel, Response& response);
  void AddRemoved(const ServedTypeInfo& info, const Channel& channel, Response& response);

  std::array<State, kServedTypeCount> states_;
};

}  // namespace weir::control
