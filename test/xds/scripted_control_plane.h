// A control plane that says what a test tells it to, over real gRPC on the test's own loop.
//
//   ScriptedControlPlane server(loop);
//   DiscoveryClient client(loop, options, server.Dialer(), store, random);
//   client.Start();
//   DiscoveryRequest request = server.Await();          // the next one it was sent
//   server.Send(MakeResponse("1", "nonce", {…}));
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "google/protobuf/message.h"
#include "source/event/loop.h"
#include "source/rpc/stream_server.h"
#include "source/xds/control_plane_stream.h"
#include "test/rpc/waiting.h"
#include "test/xds/discovery_messages.h"

namespace weir::xds {

class ScriptedControlPlane {
 public:
  explicit ScriptedControlPlane(event::Loop& loop) : loop_(loop) { Start("127.0.0.1:0"); }

  ControlPlaneDialer Dialer() {
    return [this](absl::AnyInvocable<void(DialResult)> on_dialled) {
      is_dialled_ = server_ != nullptr;
      on_dialled(rpc::Channel::ToTarget(loop_, address_, {}));
    };
  }

  // As when its process dies, and comes back at the same place.
  void Stop() {
    client_.reset();
    server_.reset();
    is_dialled_ = false;
  }
  void Restart() { Start(address_); }

  bool is_connected() const { return client_ != nullptr; }
  // While it runs: a client that has dialled is not there yet.
  bool is_dialled() const { return is_dialled_; }
  // Turns the loop until a client is there.
  void AwaitClient() {
    EXPECT_TRUE(test::TurnUntil(loop_, [this] { return is_connected(); }));
  }
  // The next request in order of arrival.
  DiscoveryRequest Await() { return AwaitMessage<DiscoveryRequest>(); }
  DeltaDiscoveryRequest AwaitDelta() { return AwaitMessage<DeltaDiscoveryRequest>(); }
  void Send(const google::protobuf::Message& response) { SendBytes(response.SerializeAsString()); }
  void SendBytes(std::string bytes) {
    ASSERT_TRUE(is_connected());
    client_->stream->Send(std::move(bytes));
  }
  // Ends the client's stream.
  void Hang(const absl::Status& status) {
    client_->stream->Finish(status);
    client_.reset();
  }

  int connections = 0;
  std::string method;
  rpc::Metadata metadata;
  std::deque<std::string> requests;  // not yet awaited

 private:
  template <class Message>
  Message AwaitMessage() {
    EXPECT_TRUE(test::TurnUntil(loop_, [this] { return !requests.empty(); }));
    Message request;
    if (requests.empty()) return request;
    EXPECT_TRUE(request.ParseFromString(requests.front()));
    requests.pop_front();
    return request;
  }

  struct Client : rpc::BidiStreamHandler {
    Client(ScriptedControlPlane& server, std::unique_ptr<rpc::IncomingStream> incoming)
        : owner(server), stream(std::move(incoming)) {
      stream->Start(*this);
    }
    void OnMessage(std::string bytes) override { owner.requests.push_back(std::move(bytes)); }
    void OnEnd(absl::Status /*status*/) override { owner.client_.reset(); }

    ScriptedControlPlane& owner;
    std::unique_ptr<rpc::IncomingStream> stream;
  };

  void Start(const std::string& address) {
    auto server = rpc::Server::Start(loop_, address, [this](auto stream) {
      ++connections;
      is_dialled_ = false;
      method = stream->method();
      metadata = stream->metadata();
      requests.clear();
      client_ = std::make_unique<Client>(*this, std::move(stream));
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    address_ = server_->address();
  }

  event::Loop& loop_;
  std::string address_;
  bool is_dialled_ = false;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace weir::xds
