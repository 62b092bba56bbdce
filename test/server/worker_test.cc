#include "source/server/worker.h"

#include <gtest/gtest.h>

#include <future>

#include "test/server/listener_fixture.h"

namespace weir::server {
namespace {

class WorkerTest : public ListenerFixture {
 protected:
  // Until the worker has done what was posted before.
  void Wait() {
    std::promise<void> done;
    worker_.loop().Post([&done] { done.set_value(); });
    done.get_future().wait();
  }
  // Blocks until the answer is there.
  std::string Read(net::RawPeer& peer, size_t bytes) {
    std::string text(bytes, '\0');
    const ssize_t got = recv(peer.fd(), text.data(), bytes, MSG_WAITALL);
    text.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return text;
  }

  ConnectionLimit limit_{10};
  Worker worker_{1, limit_, 60'000};
};

TEST_F(WorkerTest, ServesUpdatesAndDrainsOnItsOwnThread) {
  const int fd = Bind();
  worker_.Start();
  worker_.AddListener(7, Config({Chain("a")}), {fd});
  net::RawPeer first(ConnectTo(address_));
  first.Send("hi");
  EXPECT_EQ(Read(first, 4), "a:hi");
  worker_.UpdateListener(7, Config({Chain("b")}));
  Wait();
  net::RawPeer second(ConnectTo(address_));
  second.Send("hi");
  EXPECT_EQ(Read(second, 4), "b:hi");
  bool drained = false;
  worker_.DrainListener(7, ActiveListener::Queues::kTaken, loop_, [&drained] { drained = true; });
  Wait();
  loop_.RunReady();
  EXPECT_FALSE(drained);
  first.Send("1");
  second.Send("2");
  EXPECT_EQ(Read(first, 9), "a:1");
  EXPECT_EQ(Read(second, 9), "b:2");
  while (!drained) {
    Wait();
    loop_.RunReady();
  }
  EXPECT_EQ(limit_.taken(), 0u);
  worker_.Stop();
}

TEST_F(WorkerTest, StoppingEndsConnectionsProperly) {
  const int fd = Bind();
  worker_.Start();
  worker_.AddListener(7, Config({Chain("a")}), {fd});
  net::RawPeer peer(ConnectTo(address_));
  peer.Send("hi");
  EXPECT_EQ(Read(peer, 4), "a:hi");
  worker_.Stop();
  EXPECT_EQ(Journal(), "a connection on web, a end") << "its filter let go";
  EXPECT_EQ(limit_.taken(), 0u);
  worker_.Stop();
}

}  // namespace
}  // namespace weir::server
