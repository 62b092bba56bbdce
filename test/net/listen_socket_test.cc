#include "source/net/listen_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "test/net/connection_fixture.h"

namespace weir::net {
namespace {

using testing::HasSubstr;

Address Loopback(uint16_t port = 0) { return *Address::ParseIp("127.0.0.1", port); }

int OptionOf(const RawPeer& socket, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(socket.fd(), level, name, &value, &size);
  return value;
}

// Whether a client can connect to it.
bool Accepts(const Address& to) {
  const RawPeer client(socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(client.fd(), to.raw(), to.size()) == 0;
}

SocketOption Option(int level, int name, int value, SocketOption::When when) {
  return {level, name, std::string(reinterpret_cast<const char*>(&value), sizeof value), when};
}

class ListenSocketTest : public testing::Test {
 protected:
  ListenSocketTest() {
    char pattern[] = "/tmp/weir-listen-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~ListenSocketTest() override {
    unlink(Path().c_str());
    rmdir(folder_.c_str());
  }
  std::string Path() const { return folder_ + "/a.sock"; }
  Address Pipe() const { return *Address::Pipe(Path()); }

  std::string folder_;
};

TEST_F(ListenSocketTest, BindsWithoutListening) {
  const absl::StatusOr<int> fd = BindListenSocket(Loopback(), {});
  ASSERT_TRUE(fd.ok()) << fd.status();
  const RawPeer socket(*fd);
  EXPECT_TRUE(fcntl(*fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(*fd, F_GETFD) & FD_CLOEXEC);
  const Address bound = *BoundAddress(*fd);
  EXPECT_NE(bound.port(), 0);
  EXPECT_FALSE(Accepts(bound));
  EXPECT_TRUE(StartListening(*fd, 16).ok());
  EXPECT_TRUE(Accepts(bound));
}

TEST_F(ListenSocketTest, SetsWhatConfigurationAsksForInItsTime) {
  using When = SocketOption::When;
  ListenOptions options;
  options.socket_options = {Option(SOL_SOCKET, SO_KEEPALIVE, 1, When::kBeforeBind),
                            Option(SOL_SOCKET, SO_PRIORITY, 3, When::kBound),
                            Option(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1, When::kListening)};
  const RawPeer socket(*BindListenSocket(Loopback(), options));
  EXPECT_EQ(OptionOf(socket, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(OptionOf(socket, SOL_SOCKET, SO_PRIORITY), 3);
  EXPECT_EQ(OptionOf(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  EXPECT_TRUE(StartListening(socket.fd(), 16, options.socket_options).ok());
  EXPECT_NE(OptionOf(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

TEST_F(ListenSocketTest, AnOptionThatCannotBeSetIsAnError) {
  ListenOptions options;
  options.socket_options = {Option(SOL_SOCKET, 9999, 1, SocketOption::When::kBound)};
  const auto fd = BindListenSocket(Loopback(), options);
  ASSERT_FALSE(fd.ok());
  EXPECT_THAT(std::string(fd.status().message()),
              HasSubstr("cannot set socket option 1/9999 for "));
}

TEST_F(ListenSocketTest, EveryWorkerGetsASocketOfTheSamePort) {
  const RawPeer first(*BindListenSocket(Loopback(), {}));
  const Address bound = *BoundAddress(first.fd());
  const RawPeer second(*BindListenSocket(bound, {}));
  EXPECT_EQ(*BoundAddress(second.fd()), bound);
  EXPECT_TRUE(StartListening(first.fd(), 16).ok());
  EXPECT_TRUE(StartListening(second.fd(), 16).ok());
}

TEST_F(ListenSocketTest, WithoutReusePortAPortHasOneSocket) {
  const ListenOptions options{.reuse_port = false};
  const RawPeer first(*BindListenSocket(Loopback(), options));
  const Address bound = *BoundAddress(first.fd());
  ASSERT_TRUE(StartListening(first.fd(), 16).ok());
  const absl::Status refused = BindListenSocket(bound, options).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(refused.message(), "cannot bind " + bound.ToString() + ": Address already in use");
}

TEST_F(ListenSocketTest, ErrorsNameTheAddress) {
  const absl::Status status = BindListenSocket(*Address::ParseIp("192.0.2.1", 80), {}).status();
  EXPECT_EQ(status.message(), "cannot bind 192.0.2.1:80: Cannot assign requested address");
  EXPECT_EQ(BindListenSocket(Address(), {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(StartListening(-1, 16).ok());
  EXPECT_FALSE(BoundAddress(-1).ok());
}

TEST_F(ListenSocketTest, FreebindTakesAForeignAddress) {
  const absl::StatusOr<int> fd =
      BindListenSocket(*Address::ParseIp("192.0.2.1", 0), {.freebind = true});
  ASSERT_TRUE(fd.ok()) << fd.status();
  const RawPeer socket(*fd);
  EXPECT_EQ(BoundAddress(*fd)->IpString(), "192.0.2.1");
}

TEST_F(ListenSocketTest, TransparentIsSetOrRefusedWithItsReason) {
  const absl::StatusOr<int> fd = BindListenSocket(Loopback(), {.transparent = true});
  const RawPeer socket(fd.ok() ? *fd : -1);
  if (fd.ok()) {
    EXPECT_EQ(OptionOf(socket, IPPROTO_IP, IP_TRANSPARENT), 1);
  } else {  // it takes CAP_NET_ADMIN
    EXPECT_EQ(fd.status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(fd.status().message()), HasSubstr("IP_TRANSPARENT"));
  }
}

TEST_F(ListenSocketTest, Ipv6IsAloneUnlessTold) {
  for (bool v6_only : {true, false}) {
    const absl::StatusOr<int> fd =
        BindListenSocket(*Address::ParseIp("::", 0), {.v6_only = v6_only});
    if (!fd.ok()) GTEST_SKIP() << "no IPv6 here: " << fd.status();
    const RawPeer socket(*fd);
    EXPECT_EQ(OptionOf(socket, IPPROTO_IPV6, IPV6_V6ONLY), v6_only ? 1 : 0);
    ASSERT_TRUE(StartListening(*fd, 16).ok());
    EXPECT_EQ(Accepts(Loopback(BoundAddress(*fd)->port())), !v6_only);
  }
}

TEST_F(ListenSocketTest, AUnixSocketHasItsMode) {
  const RawPeer socket(*BindListenSocket(Pipe(), {.pipe_mode = 0640}));
  struct stat status;
  ASSERT_EQ(stat(Path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(*BoundAddress(socket.fd()), Pipe());
  ASSERT_TRUE(StartListening(socket.fd(), 16).ok());
  EXPECT_TRUE(Accepts(Pipe()));
}

TEST_F(ListenSocketTest, AStaleSocketFileIsReplaced) {
  {
    const RawPeer dead(*BindListenSocket(Pipe(), {}));
    ASSERT_TRUE(StartListening(dead.fd(), 16).ok());
  }
  const absl::StatusOr<int> fd = BindListenSocket(Pipe(), {});
  ASSERT_TRUE(fd.ok()) << fd.status();
  const RawPeer socket(*fd);
  ASSERT_TRUE(StartListening(*fd, 16).ok());
  EXPECT_TRUE(Accepts(Pipe()));
}

TEST_F(ListenSocketTest, ASocketFileInUseIsLeftAlone) {
  const RawPeer live(*BindListenSocket(Pipe(), {}));
  ASSERT_TRUE(StartListening(live.fd(), 16).ok());
  const absl::Status status = BindListenSocket(Pipe(), {}).status();
  EXPECT_EQ(status.message(), "cannot bind " + Path() + ": Address already in use");
  EXPECT_TRUE(Accepts(Pipe()));
}

TEST_F(ListenSocketTest, AFileThatIsNoSocketIsLeftAlone) {
  std::ofstream(Path()) << "precious";
  EXPECT_FALSE(BindListenSocket(Pipe(), {}).ok());
  std::string content;
  std::ifstream(Path()) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(ListenSocketTest, AbstractNamesNeedNoFile) {
  const Address name = *Address::Pipe("@weir-listen-test-" + std::to_string(getpid()));
  const RawPeer socket(*BindListenSocket(name, {}));
  EXPECT_EQ(*BoundAddress(socket.fd()), name);
  ASSERT_TRUE(StartListening(socket.fd(), 16).ok());
  EXPECT_TRUE(Accepts(name));
}

}  // namespace
}  // namespace weir::net
