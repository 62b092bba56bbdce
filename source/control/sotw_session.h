// A session that speaks the state of the world: of clusters and listeners a response is all there
// is; resources asked for by name are sent when they are asked for and when they change, each by
// itself. A request with a nonce that is not the last one is ignored: its answer is still to come.
#pragma once

#include <array>
#include <map>
#include <string>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/control/discovery_session.h"

namespace weir::control {

class SotwSession final : public DiscoverySession {
 public:
  SotwSession(event::Loop& loop, Options options, Send send)
      : DiscoverySession(loop, std::move(options), std::move(send)) {}

  absl::Status OnMessage(const std::string& bytes) override;

 private:
  using Bodies = std::map<std::string, Body, std::less<>>;

  struct State {
    bool has_named = false;  // from then on an empty list means nothing, not everything
    Bodies sent;
  };

  State& StateOf(ServedType type) { return states_[static_cast<size_t>(type)]; }

  void TakeNames(const ServedTypeInfo& info, Channel& channel,
                 const envoy::service::discovery::v3::DiscoveryRequest& request);
  void PushType(const ServedTypeInfo& info, Channel& channel) override;
  void PushSet(const ServedTypeInfo& info, Channel& channel);
  void PushChanged(const ServedTypeInfo& info, Channel& channel);
  void Push(const ServedTypeInfo& info, Channel& channel, std::string version,
            const Bodies& bodies);

  std::array<State, kServedTypeCount> states_;
};

}  // namespace weir::control
