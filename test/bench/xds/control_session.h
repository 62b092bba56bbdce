// One client's stream at the benchmark's control plane: what it asked for and what it was sent.
// The control plane's loop owns it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "source/rpc/stream_server.h"
#include "test/bench/xds/fleet.h"
#include "test/bench/xds/xds_wire.h"

namespace weir::bench {

class FleetControl;

class ControlSession final : private rpc::BidiStreamHandler {
 public:
  ControlSession(FleetControl& control, std::unique_ptr<rpc::IncomingStream> stream,
                 Variant variant);

  void Push(const bench::Push& push, bool is_whole);

 private:
  // One kind on this stream.
  struct Channel {
    bool is_subscribed = false;
    bool wants_all = false;
    std::unordered_set<std::string> names;
    uint64_t names_hash = 0;  // of the list in the last request: most repeat it
    uint64_t sent_nonce = 0;
  };

  void OnMessage(std::string bytes) override;
  void OnEnd(absl::Status status) override;

  void TakeNames(Kind kind, const XdsRequest& request);
  void TakeDeltaNames(Kind kind, const XdsRequest& request);
  void SendNamed(Kind kind, const std::vector<std::string>& names,
                 const std::vector<std::string>& removed);
  void SendAll(Kind kind);
  ResponseWriter Begin(Kind kind);
  void Finish(ResponseWriter response);

  Channel& Of(Kind kind) { return channels_[static_cast<size_t>(kind)]; }

  FleetControl& control_;
  const std::unique_ptr<rpc::IncomingStream> stream_;
  const Variant variant_;
  std::array<Channel, kKinds> channels_;
  uint64_t next_nonce_ = 0;
};

}  // namespace weir::bench
