// The network between a control-plane stream and one server, whose every step a test takes by hand.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "source/rpc/bidi_stream.h"
#include "source/xds/server_probe.h"

namespace weir::xds {

struct FakeNetwork {
  struct Stream : rpc::BidiStream {
    explicit Stream(FakeNetwork& network) : network(network) { ++network.streams; }
    ~Stream() override { --network.streams; }
    void Send(std::string bytes) override { network.sent.push_back(std::move(bytes)); }
    void PauseReading() override { network.is_paused = true; }
    void ResumeReading() override { network.is_paused = false; }
    FakeNetwork& network;
  };
  struct Channel : rpc::Channel {
    explicit Channel(FakeNetwork& network) : network(network) { ++network.channels; }
    ~Channel() override { --network.channels; }
    std::unique_ptr<rpc::BidiStream> OpenBidiStream(std::string_view method,
                                                    const rpc::Metadata& metadata,
                                                    rpc::BidiStreamHandler& handler) override {
      network.method = std::string(method);
      network.metadata = metadata;
      network.handler = &handler;
      return std::make_unique<Stream>(network);
    }
    FakeNetwork& network;
  };

  ControlPlaneDialer Dialer() {
    return [this](absl::AnyInvocable<void(DialResult)> on_dialled) {
      ++dials;
      answer = std::move(on_dialled);
    };
  }
  std::vector<ControlPlaneServer> Servers() {
    std::vector<ControlPlaneServer> servers;
    servers.push_back({"only", Dialer(), {{"key", "value"}}});
    return servers;
  }
  // The answer to a dial.
  void Succeed() { std::exchange(answer, nullptr)(std::make_unique<Channel>(*this)); }

  void Fail() { std::exchange(answer, nullptr)(absl::UnavailableError("no host")); }

  absl::AnyInvocable<void(DialResult)> answer;
  rpc::BidiStreamHandler* handler = nullptr;
  std::string method;
  rpc::Metadata metadata;
  std::vector<std::string> sent;
  bool is_paused = false;
  int dials = 0, channels = 0, streams = 0;
};

}  // namespace weir::xds
