// A flood of handshakes on the real loop, through real connections: what one turn begins, and in
// which order. M02, M03: everybody else waits for kPerTurn signatures at most.
#include "source/tls/handshake_budget.h"

#include "test/net/connection_fixture.h"
#include "test/tls/raw_client.h"
#include "test/tls/tls_fixture.h"

namespace weir::tls {
namespace {

class HandshakeBudgetTest : public TlsFixture {
 protected:
  struct Stranger {
    net::RecordingHandler handler;
    std::unique_ptr<net::Connection> connection;
    net::RawPeer peer;
    bool is_answered() const {
      char byte;
      return peer.fd() >= 0 && recv(peer.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }
  };

  Stranger& Connect(const ServerFactory& server) {
    auto stranger = std::make_unique<Stranger>();
    const auto [ours, theirs] = net::UnixPair();
    stranger->peer.Adopt(theirs);
    stranger->connection = std::make_unique<net::Connection>(
        main_, ours, stranger->handler, net::ConnectionOptions{}, *server->Create());
    stranger->connection->Start();
    return *strangers_.emplace_back(std::move(stranger));
  }
  // With its whole ClientHello.
  void Arrive(int count) {
    for (int i = 0; i < count; ++i) Connect(server_).peer.Send(hello_);
  }
  // All clients say at once what comes second; `done` tells how many the server has heard.
  void ExpectBoundedSecondSteps(const ServerFactory& server, std::vector<RawClient>& clients,
                                const std::function<int()>& done) {
    for (RawClient& client : clients) client.Step(Connect(server).peer.fd());
    const auto count = static_cast<int>(clients.size());
    for (int turn = 0; turn < 10 * count && Answered() < count; ++turn) main_.RunReady();
    ASSERT_EQ(Answered(), count);
    for (size_t i = 0; i < clients.size(); ++i) clients[i].Step(strangers_[i]->peer.fd());
    int before = 0;
    for (int turn = 0; turn < 10 * count; ++turn) {
      main_.RunReady();
      const int now = done();
      EXPECT_LE(now - before, HandshakeBudget::kPerTurn);
      before = now;
    }
    EXPECT_EQ(before, count);
  }
  int Established() { return static_cast<int>(ServerStats().handshake.value()); }
  int Answered(size_t from = 0) const {
    int count = 0;
    for (size_t i = from; i < strangers_.size(); ++i) count += strangers_[i]->is_answered() ? 1 : 0;
    return count;
  }

  const ServerFactory server_ = MakeServer(PlainServer());
  const std::string hello_ = RawClient().Hello("a.test");
  std::vector<std::unique_ptr<Stranger>> strangers_;
};

TEST_F(HandshakeBudgetTest, ATurnBeginsFewWhateverWaits) {
  constexpr int kFlood = 60;
  Arrive(kFlood);
  int turns = 0;
  for (int before = 0; before < kFlood && turns < 10 * kFlood; ++turns) {
    main_.RunReady();
    const int now = Answered();
    EXPECT_LE(now - before, HandshakeBudget::kPerTurn);
    for (int i = 0; i < now; ++i)
      EXPECT_TRUE(strangers_[static_cast<size_t>(i)]->is_answered()) << i;
    before = now;
  }
  EXPECT_EQ(Answered(), kFlood);
  EXPECT_LE(turns, kFlood / HandshakeBudget::kPerTurn + 3) << "and none goes unused";
}

TEST_F(HandshakeBudgetTest, CertificatesThatComeAtOnceAreVerifiedFewATurn) {
  const auto certificate = SecretOf(Issue({.common_name = "client"}, &ca_))->value();
  ServerTransportConfig config = PlainServer();
  config.settings.requires_client_certificate = true;
  config.validation = TrustOf(ca_);
  std::vector<RawClient> clients(30);
  for (RawClient& client : clients) client.Show(certificate->leaf(), certificate->key());
  ExpectBoundedSecondSteps(MakeServer(std::move(config)), clients,
                           [this] { return Established(); });
}

TEST_F(HandshakeBudgetTest, KeysOfTls12ThatComeAtOnceAreExchangedFewATurn) {
  std::vector<RawClient> clients(30);
  for (RawClient& client : clients) client.SetVersions(TLS1_2_VERSION, TLS1_2_VERSION);
  ExpectBoundedSecondSteps(server_, clients, [this] { return Established(); });
}

TEST_F(HandshakeBudgetTest, SecondHellosAreSignedForFewATurn) {
  ServerTransportConfig config = PlainServer();
  config.settings.parameters.curves = {"P-384"};  // the client has to be asked for its share of it
  std::vector<RawClient> clients(30);
  for (RawClient& client : clients) client.SetCurves("X25519:P-384");
  ExpectBoundedSecondSteps(MakeServer(std::move(config)), clients, [this] { return Answered(); });
}

TEST_F(HandshakeBudgetTest, WhoWaitsComesBeforeWhoJustCame) {
  Arrive(3 * HandshakeBudget::kPerTurn);
  main_.RunReady();
  ASSERT_EQ(Answered(), HandshakeBudget::kPerTurn);
  for (int turn = 2; turn <= 3; ++turn) {
    Arrive(HandshakeBudget::kPerTurn);
    main_.RunReady();
    EXPECT_EQ(Answered(), turn * HandshakeBudget::kPerTurn);
    EXPECT_EQ(Answered(3 * HandshakeBudget::kPerTurn), 0);
  }
  while (Answered() < 5 * HandshakeBudget::kPerTurn) main_.RunReady();
}

TEST_F(HandshakeBudgetTest, WhoGaveUpMeanwhileCostsNothing) {
  Arrive(3 * HandshakeBudget::kPerTurn);
  main_.RunReady();
  for (size_t i = HandshakeBudget::kPerTurn; i < strangers_.size(); ++i) {
    i % 2 == 0 ? strangers_[i]->peer.Close() : strangers_[i]->peer.Reset();
  }
  Arrive(HandshakeBudget::kPerTurn);
  for (int i = 0; i < 5; ++i) main_.RunReady();
  EXPECT_EQ(Answered(), 2 * HandshakeBudget::kPerTurn);
  for (size_t i = HandshakeBudget::kPerTurn; i < 3 * HandshakeBudget::kPerTurn; ++i) {
    EXPECT_TRUE(strangers_[i]->handler.is_closed()) << i;
  }
}

TEST_F(HandshakeBudgetTest, WhoIsCutWhileItWaitsLeavesItsPlace) {
  Arrive(3 * HandshakeBudget::kPerTurn);
  main_.RunReady();
  strangers_.resize(HandshakeBudget::kPerTurn);
  Arrive(HandshakeBudget::kPerTurn);
  main_.RunReady();
  EXPECT_EQ(Answered(), 2 * HandshakeBudget::kPerTurn);
}

}  // namespace
}  // namespace weir::tls
