#include "source/restart/supervisor_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "source/net/listen_socket.h"

namespace weir::restart {
namespace {

base::Descriptor Listening(net::Address& address) {
  base::Descriptor socket(*net::BindListenSocket(*net::Address::ParseIpPort("127.0.0.1:0"), {}));
  EXPECT_TRUE(net::StartListening(socket.get(), 16).ok());
  address = *net::BoundAddress(socket.get());
  return socket;
}

// Descriptors from here on are passed, as those from 3 on would be.
constexpr int kFirst = 200;

TEST(SupervisorSocketsTest, ListeningSocketsAreFoundByAddress) {
  net::Address first, second;
  ASSERT_EQ(dup2(Listening(first).get(), kFirst), kFirst);
  ASSERT_EQ(dup2(Listening(second).get(), kFirst + 1), kFirst + 1);
  SupervisorSockets sockets(kFirst, 2);
  for (int i = 0; i < 2; ++i) {
    TakenSockets taken = sockets.Take("any", second);
    ASSERT_EQ(taken.descriptors.size(), 1u);
    EXPECT_TRUE(taken.outlive_us);
    EXPECT_EQ(*net::BoundAddress(taken.descriptors[0].get()), second);
    EXPECT_EQ(fcntl(taken.descriptors[0].get(), F_GETFD), FD_CLOEXEC);
    EXPECT_TRUE((fcntl(taken.descriptors[0].get(), F_GETFL) & O_NONBLOCK) != 0);
  }
  EXPECT_TRUE(sockets.Take("any", *net::Address::ParseIpPort("127.0.0.1:1")).descriptors.empty());
}

TEST(SupervisorSocketsTest, WhatDoesNotListenIsClosed) {
  ASSERT_EQ(dup2(base::Descriptor(open("/dev/null", O_RDONLY)).get(), kFirst), kFirst);
  ASSERT_EQ(dup2(base::Descriptor(socket(AF_INET, SOCK_STREAM, 0)).get(), kFirst + 1), kFirst + 1);
  SupervisorSockets(kFirst, 2);
  EXPECT_EQ(fcntl(kFirst, F_GETFD), -1);
  EXPECT_EQ(fcntl(kFirst + 1, F_GETFD), -1);
}

TEST(SupervisorSocketsTest, WhatIsMeantForAnotherProcessIsLeftAlone) {
  setenv("LISTEN_PID", std::to_string(getpid() + 1).c_str(), 1);
  setenv("LISTEN_FDS", "1", 1);
  SupervisorSockets::FromEnvironment();
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
  EXPECT_EQ(std::getenv("LISTEN_PID"), nullptr);
}

}  // namespace
}  // namespace weir::restart
