#include "source/discovery/secure_tunnel.h"

#include <gtest/gtest.h>

#include <optional>

#include "test/net/connection_fixture.h"
#include "test/support/fake_transport.h"

namespace weir::discovery {
namespace {

class SecureTunnelTest : public testing::Test {
 protected:
  SecureTunnelTest() { loop_.RunReady(); }
  void Open(const std::string& alpn = "h2") {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    server_.Adopt(ends[1]);
    tunnel_ = std::make_unique<SecureTunnel>(
        loop_, ends[0], std::make_unique<test::FakeTransport>(alpn, net::SecureInfo()), 250,
        [this](absl::StatusOr<int> fd) {
          ++answers_;
          if (fd.ok()) {
            grpc_.Adopt(*fd);
          } else {
            failure_ = std::string(fd.status().message());
          }
        },
        [this](SecureTunnel&) { loop_.DeleteLater(std::move(tunnel_)); });
  }
  bool TurnUntil(const std::function<bool()>& is_done) {
    for (int i = 0; i < 5000; ++i) {
      if (is_done()) return true;
      loop_.RunReady();
    }
    return false;
  }
  void OpenAndGreet() {
    Open();
    server_.Send("H");
    ASSERT_TRUE(TurnUntil([&] { return grpc_.fd() >= 0; }));
  }

  test::ManualClock clock_;
  event::Loop loop_{"test", base::kMainThread, clock_};
  net::RawPeer server_, grpc_;
  int answers_ = 0;
  std::string failure_;
  std::unique_ptr<SecureTunnel> tunnel_;
};

TEST_F(SecureTunnelTest, CarriesBytesBothWays) {
  OpenAndGreet();
  grpc_.Send("PRI * HTTP/2.0");
  server_.Send("settings");
  std::string at_server, at_grpc;
  EXPECT_TRUE(TurnUntil([&] {
    at_server += server_.Receive();
    at_grpc += grpc_.Receive();
    return at_server == "PRI * HTTP/2.0" && at_grpc == "settings";
  }));
  EXPECT_EQ(answers_, 1);
}

TEST_F(SecureTunnelTest, WhatCameWithTheHandshakeIsNotLost) {
  Open();
  server_.Send("Hsettings");
  ASSERT_TRUE(TurnUntil([&] { return grpc_.fd() >= 0; }));
  std::string at_grpc;
  EXPECT_TRUE(TurnUntil([&] { return at_grpc += grpc_.Receive(), at_grpc == "settings"; }));
}

TEST_F(SecureTunnelTest, SlowReaderStopsTheOtherSide) {
  OpenAndGreet();
  const std::string block(64 * 1024, 'x');
  size_t sent = 0;
  for (int i = 0; i < 2000; ++i) {
    sent += server_.Send(block);
    loop_.RunReady();
  }
  EXPECT_LT(sent, 8U * 1024 * 1024) << "nobody reads at the other end";
  size_t received = 0;
  EXPECT_TRUE(TurnUntil([&] { return received += grpc_.Receive().size(), received == sent; }));
}

TEST_F(SecureTunnelTest, EndOfGrpcEndsTheServersSideAfterTheLastBytes) {
  OpenAndGreet();
  grpc_.Send("last words");
  grpc_.Close();
  std::string at_server;
  EXPECT_TRUE(TurnUntil([&] { return at_server += server_.Receive(), server_.ended(); }));
  EXPECT_EQ(at_server, "last words");
  EXPECT_TRUE(TurnUntil([&] { return tunnel_ == nullptr; }));
}

TEST_F(SecureTunnelTest, EndOfTheServerEndsGrpcsSideAfterTheLastBytes) {
  OpenAndGreet();
  server_.Send("goaway");
  server_.Close();
  std::string at_grpc;
  EXPECT_TRUE(TurnUntil([&] { return at_grpc += grpc_.Receive(), grpc_.ended(); }));
  EXPECT_EQ(at_grpc, "goaway");
  EXPECT_TRUE(TurnUntil([&] { return tunnel_ == nullptr; }));
}

TEST_F(SecureTunnelTest, FailedHandshakeTellsWhy) {
  Open();
  server_.Send("no");
  EXPECT_TRUE(TurnUntil([&] { return tunnel_ == nullptr; }));
  EXPECT_EQ(failure_, "handshake failed: bad hello");
  EXPECT_EQ(answers_, 1);
}

TEST_F(SecureTunnelTest, SilentServerIsGivenUp) {
  Open();
  loop_.RunReady();
  clock_.AdvanceMs(249);
  loop_.RunReady();
  EXPECT_EQ(answers_, 0);
  clock_.AdvanceMs(2);
  EXPECT_TRUE(TurnUntil([&] { return tunnel_ == nullptr; }));
  EXPECT_EQ(failure_, "handshake failed: it took longer than connect_timeout");
  EXPECT_EQ(answers_, 1);
}

TEST_F(SecureTunnelTest, ServerThatChoosesAnotherProtocolIsOfNoUse) {
  Open("http/1.1");
  server_.Send("H");
  EXPECT_TRUE(TurnUntil([&] { return tunnel_ == nullptr; }));
  EXPECT_EQ(failure_, "handshake failed: the server chose http/1.1, and gRPC needs h2");
  EXPECT_EQ(answers_, 1);
}

TEST_F(SecureTunnelTest, DestroyingItCutsBothSides) {
  OpenAndGreet();
  tunnel_.reset();
  grpc_.Receive();
  server_.Receive();
  EXPECT_TRUE(grpc_.ended() && server_.ended());
}

}  // namespace
}  // namespace weir::discovery
