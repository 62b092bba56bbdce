#include "source/upstream/tcp_leases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "test/upstream/worker_fixture.h"

namespace weir::upstream {
namespace {

using balancing::HealthFlag;

class TcpLeasesTest : public WorkerFixture {
 protected:
  TcpLeasesTest() { options_.closes_failed_hosts = true; }

  void Fail(HealthFlag flag, bool has_failed = true) {
    host()->SetHealthFlag(flag, has_failed);
    worker_->OnHealthChanged();
  }
  ConnectionClient& Connect() {
    ConnectionClient& client = clients_.emplace_back();
    client.Ask(*worker_);
    EXPECT_TRUE(TurnUntil([&] {
      backend_.Accept();
      return client.connection != nullptr;
    }));
    return client;
  }
  ptrdiff_t closed() const {
    return std::count_if(clients_.begin(), clients_.end(),
                         [](const ConnectionClient& client) { return client.closed; });
  }

  std::deque<ConnectionClient> clients_;
};

TEST_F(TcpLeasesTest, EitherFailureCloses) {
  MakeCluster({backend_.address()});
  for (const HealthFlag flag : {HealthFlag::kFailedActiveCheck, HealthFlag::kFailedOutlierCheck}) {
    ConnectionClient& client = Connect();
    worker_->OnHealthChanged();
    Turn(3);
    EXPECT_FALSE(client.closed) << "nothing has failed";
    Fail(flag);
    EXPECT_FALSE(client.closed) << "not from inside";
    Turn(3);
    EXPECT_TRUE(client.closed);
    client.Drop();
    Fail(flag, false);
  }
}

TEST_F(TcpLeasesTest, AHostThatWasPickedThoughItHadFailedKeepsItsConnections) {
  MakeCluster({backend_.address()});
  Fail(HealthFlag::kFailedActiveCheck);
  ConnectionClient& client = Connect();
  worker_->OnHealthChanged();
  Turn(3);
  EXPECT_FALSE(client.closed);
  Fail(HealthFlag::kFailedActiveCheck, false);
  Fail(HealthFlag::kFailedActiveCheck);
  Turn(3);
  EXPECT_TRUE(client.closed) << "it was well meanwhile";
  client.Drop();
}

TEST_F(TcpLeasesTest, AHostMayFailWhileItIsConnectedTo) {
  MakeCluster({backend_.address()});
  ConnectionClient& client = clients_.emplace_back();
  client.Ask(*worker_);
  Fail(HealthFlag::kFailedActiveCheck);
  EXPECT_TRUE(TurnUntil([&] { return client.closed; }));
  EXPECT_NE(client.connection, nullptr);
  client.Drop();
}

TEST_F(TcpLeasesTest, AFewInATurn) {
  MakeCluster({backend_.address()});
  constexpr int kConnections = 3 * TcpLeases::kMostPerTurn;
  for (int i = 0; i < kConnections; ++i) Connect();
  Fail(HealthFlag::kFailedActiveCheck);
  clients_[kConnections - 1].Drop();  // before its turn
  for (ptrdiff_t before = 0; closed() < kConnections - 1; before = closed()) {
    Turn();
    ASSERT_GT(closed(), before);
    ASSERT_LE(closed() - before, TcpLeases::kMostPerTurn);
  }
  for (ConnectionClient& client : clients_) client.Drop();
}

TEST_F(TcpLeasesTest, NobodyAskedForIt) {
  options_.closes_failed_hosts = false;
  MakeCluster({backend_.address()});
  ConnectionClient& client = Connect();
  Fail(HealthFlag::kFailedActiveCheck);
  Turn(3);
  EXPECT_FALSE(client.closed);
  client.Drop();
}

}  // namespace
}  // namespace weir::upstream
