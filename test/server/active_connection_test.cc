#include "source/server/active_connection.h"

#include <gtest/gtest.h>

#include "test/server/listener_fixture.h"
#include "test/support/fake_transport.h"

namespace weir::server {
namespace {

// What a gate of the test answers, and how it goes on.
struct Gate {
  filter::GateFilter::Verdict verdict = filter::GateFilter::Verdict::kPass;
  absl::AnyInvocable<void()> resume;
};

class GateOf final : public filter::GateFilter {
 public:
  explicit GateOf(Gate& gate) : gate_(gate) {}
  Verdict OnConnection(net::Connection&, absl::AnyInvocable<void()> resume) override {
    gate_.resume = std::move(resume);
    return gate_.verdict;
  }

 private:
  Gate& gate_;
};

class GateConfig final : public filter::NetworkFilterConfig {
 public:
  explicit GateConfig(Gate& gate) : gate_(gate) {}
  std::unique_ptr<filter::GateFilter> CreateGate(const filter::ConnectionContext&) const override {
    return std::make_unique<GateOf>(gate_);
  }
  bool is_terminal() const override { return false; }

 private:
  Gate& gate_;
};

class ActiveConnectionTest : public ListenerFixture, private WorkerChain::Listener {
 protected:
  void Accept() {
    if (worker_chain_ == nullptr) {
      WorkerChain::Listener& self = *this;
      worker_chain_ = std::make_unique<WorkerChain>(loop_, "web", chain_, self);
    }
    const auto [ours, theirs] = net::TcpPair();
    peer_.Adopt(theirs);
    filter::AcceptedSocket socket;
    socket.fd = ours;
    socket.remote = *net::Address::ParseIp("192.0.2.5", 1);
    socket.local = *net::Address::ParseIp("192.0.2.1", 80);
    socket.accepted_ns = loop_.now_ns();
    socket.server_name = "a.test";
    worker_chain_->Accept(*Config({chain_}), socket);
    Turn();
  }
  void OnConnectionGone(WorkerChain&, const ActiveConnection& connection) override {
    lived_ms_ = connection.lived_ms();
    description_ = connection.Describe();
    const filter::ConnectionInfo& info = *description_.connection;
    details_ = info.termination_details;
    is_secure_ = info.is_secure;
    requested_name_ = info.requested_name();
  }

  void OnTransportFault(TransportFault fault) override { fault_ = fault; }

  std::shared_ptr<FilterChain> chain_ = Chain("a");
  std::unique_ptr<WorkerChain> worker_chain_;
  net::RawPeer peer_;
  int64_t lived_ms_ = -1;
  filter::StreamInfo description_;
  std::optional<TransportFault> fault_;
  std::shared_ptr<test::FakeTransportFactory> transport_ =
      std::make_shared<test::FakeTransportFactory>();
  std::string details_, requested_name_;
  bool is_secure_ = false;
};

TEST_F(ActiveConnectionTest, LivesUntilItsFilterIsDone) {
  Accept();
  EXPECT_EQ(Ask(peer_, "hi"), "a:hi");
  EXPECT_FALSE(worker_chain_->empty());
  clock_.AdvanceMs(250);
  peer_.Close();
  Turn();
  EXPECT_TRUE(worker_chain_->empty());
  EXPECT_EQ(lived_ms_, 250);
  EXPECT_EQ(description_.DurationNs(), 250'000'000);
  EXPECT_EQ(description_.bytes_received, 2u);
  EXPECT_EQ(description_.bytes_sent, 4u);
}

// A terminal filter may dial its upstream at once: not for a connection that may yet be refused.
TEST_F(ActiveConnectionTest, GatesDecideBeforeTheTerminalFilterHears) {
  Gate first, second;
  first.verdict = filter::GateFilter::Verdict::kWait;
  chain_->gates = {std::make_shared<GateConfig>(first), std::make_shared<GateConfig>(second)};
  Accept();
  EXPECT_EQ(Ask(peer_, "hi"), "");
  EXPECT_EQ(Journal(), "");
  first.resume();
  Turn();
  EXPECT_EQ(Journal(), "a connection on web");
  EXPECT_EQ(peer_.Receive(), "a:hi");
}

TEST_F(ActiveConnectionTest, AGateMayAnswerAConnectionThatWasCutMeanwhile) {
  Gate gate;
  gate.verdict = filter::GateFilter::Verdict::kWait;
  chain_->gates = {std::make_shared<GateConfig>(gate)};
  Accept();
  worker_chain_->Drain(500);
  worker_chain_->CloseAll();
  gate.resume();
  Turn();
  EXPECT_EQ(Journal(), "");
  EXPECT_TRUE(worker_chain_->empty());
}

TEST_F(ActiveConnectionTest, AGateCanClose) {
  Gate gate;
  gate.verdict = filter::GateFilter::Verdict::kClose;
  chain_->gates = {std::make_shared<GateConfig>(gate)};
  Accept();
  EXPECT_EQ(Journal(), "");
  peer_.Receive();
  EXPECT_TRUE(peer_.ended());
  EXPECT_TRUE(worker_chain_->empty());
}

TEST_F(ActiveConnectionTest, BytesPassItsTransportSocket) {
  chain_->transport = transport_;
  Accept();
  EXPECT_EQ(Ask(peer_, "Hhi"), "a:hi");
  Advance(60'000);
  EXPECT_FALSE(worker_chain_->empty());
  peer_.Close();
  Turn();
  EXPECT_TRUE(is_secure_);
  EXPECT_EQ(requested_name_, "a.test");
  EXPECT_FALSE(fault_.has_value());
}

TEST_F(ActiveConnectionTest, AHandshakeIsBoundedInTime) {
  chain_->transport = transport_;
  Accept();
  Advance(9'999);
  EXPECT_FALSE(worker_chain_->empty());
  Advance(1);
  EXPECT_TRUE(worker_chain_->empty());
  EXPECT_EQ(fault_, TransportFault::kTimeout);
  EXPECT_EQ(details_, "transport_socket_connect_timeout");
}

TEST_F(ActiveConnectionTest, AHandshakeMayTakeForEverWhenAsked) {
  chain_->transport = transport_;
  chain_->transport_connect_timeout_ms = 0;
  Accept();
  Advance(1'000'000);
  EXPECT_EQ(Ask(peer_, "Hhi"), "a:hi");
}

// Never plaintext instead.
TEST_F(ActiveConnectionTest, IsCutWhileItsSecretIsNotThere) {
  transport_->is_ready = false;
  chain_->transport = transport_;
  Accept();
  EXPECT_TRUE(worker_chain_->empty());
  EXPECT_EQ(fault_, TransportFault::kNotMade);
  EXPECT_EQ(Journal(), "");
  peer_.Receive();
  EXPECT_NE(peer_.error(), 0);
}

TEST_F(ActiveConnectionTest, DrainingIsToldAndCutsAtTheDeadline) {
  Accept();
  Journal();
  worker_chain_->Drain(500);
  EXPECT_EQ(Journal(), "a drain");
  Advance(499);
  EXPECT_FALSE(worker_chain_->empty());
  Advance(1);
  EXPECT_TRUE(worker_chain_->empty());
  peer_.Receive();
  EXPECT_NE(peer_.error(), 0);
}

}  // namespace
}  // namespace weir::server
