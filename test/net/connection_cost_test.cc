// What a request may cost in steady state: one recv and one send a side, nothing else.
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "source/net/connection.h"
#include "test/net/connection_fixture.h"
#include "test/support/allocation_counter.h"

namespace {

struct SocketCalls {
  int receives = 0;
  int sends = 0;
  int epoll_controls = 0;
};
SocketCalls calls;

}  // namespace

// These take the place of libc's for the whole test, libevent included. Only the descriptors of
// blocking-free calls without flags other than MSG_NOSIGNAL are Weir's; RawPeer says MSG_DONTWAIT.
extern "C" ssize_t recv(int fd, void* into, size_t size, int flags) {
  if ((flags & MSG_DONTWAIT) == 0) ++calls.receives;
  return syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
extern "C" ssize_t send(int fd, const void* from, size_t size, int flags) {
  if ((flags & MSG_DONTWAIT) == 0) ++calls.sends;
  return syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
extern "C" ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  ++calls.sends;
  return syscall(SYS_sendmsg, fd, message, flags);
}
extern "C" int epoll_ctl(int epoll_fd, int operation, int fd, epoll_event* event) noexcept {
  ++calls.epoll_controls;
  return static_cast<int>(syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event));
}

namespace weir::net {
namespace {

// Answers without the bookkeeping of RecordingHandler, which allocates.
class EchoHandler final : public ConnectionHandler {
 public:
  size_t OnRead(std::string_view bytes) override {
    connection->output().Append(answer_head);
    connection->output().Append(bytes);
    connection->FlushLater();
    return bytes.size();
  }
  void OnReadEnd() override {}
  void OnClosed(CloseReason) override {}

  Connection* connection = nullptr;
  std::string answer_head;
};

class ConnectionCostTest : public ConnectionFixture {
 protected:
  void OpenEcho(size_t head_bytes) {
    Open();
    connection_->set_handler(echo_);
    echo_.connection = connection_.get();
    echo_.answer_head.assign(head_bytes, 'h');
    connection_->Start();
    for (int i = 0; i < 5; ++i) Exchange();
  }
  void Exchange() {
    ASSERT_EQ(peer_.Send("request"), 7u);
    loop_.RunReady();
    char answer[128 * 1024];
    const size_t wanted = echo_.answer_head.size() + 7;
    ASSERT_EQ(recv(peer_.fd(), answer, sizeof(answer), MSG_DONTWAIT), static_cast<ssize_t>(wanted));
  }

  EchoHandler echo_;
};

TEST_F(ConnectionCostTest, ASmallExchangeIsOneRecvAndOneSend) {
  OpenEcho(100);
  calls = {};
  const test::AllocationCounter allocations;
  for (int i = 0; i < 100; ++i) Exchange();
  EXPECT_EQ(allocations.count(), 0);
  EXPECT_EQ(calls.receives, 100);
  EXPECT_EQ(calls.sends, 100);
  EXPECT_EQ(calls.epoll_controls, 0);
}

TEST_F(ConnectionCostTest, ALargeAnswerIsStillOneSend) {
  OpenEcho(60'000);
  calls = {};
  const test::AllocationCounter allocations;
  for (int i = 0; i < 100; ++i) Exchange();
  EXPECT_EQ(allocations.count(), 0);
  EXPECT_EQ(calls.receives, 100);
  EXPECT_EQ(calls.sends, 100);
  EXPECT_EQ(calls.epoll_controls, 0);
}

TEST_F(ConnectionCostTest, PausingBetweenRequestsCostsNothing) {
  OpenEcho(100);
  calls = {};
  for (int i = 0; i < 100; ++i) {
    connection_->PauseReading();
    loop_.RunReady();
    connection_->ResumeReading();
    Exchange();
  }
  EXPECT_EQ(calls.receives, 100);
  EXPECT_EQ(calls.epoll_controls, 0);
}

TEST_F(ConnectionCostTest, WaitingForRoomIsAskedForAndCalledOffOnce) {
  OpenEcho(100);
  calls = {};
  Write(std::string(16 * 1024 * 1024, 'x'));
  Turn(20);
  ASSERT_FALSE(connection_->output().empty());
  EXPECT_EQ(calls.epoll_controls, 1);
  const int sends = calls.sends;
  Turn(20);
  EXPECT_EQ(calls.sends, sends) << "nothing is tried while there is no room";
  ASSERT_TRUE(TurnUntil([this] {
    peer_.Receive();
    return connection_->output().empty();
  }));
  EXPECT_EQ(calls.epoll_controls, 2);
}

}  // namespace
}  // namespace weir::net
