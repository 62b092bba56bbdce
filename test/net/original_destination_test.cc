#include "source/net/original_destination.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "source/base/descriptor.h"
#include "source/net/listen_socket.h"

namespace weir::net {
namespace {

// Both ends of a connection over loopback.
class OriginalDestinationTest : public testing::Test {
 protected:
  void Connect(const char* ip) {
    const Address address = *Address::ParseIp(ip, 0);
    auto listener = BindListenSocket(address, {});
    if (!listener.ok()) GTEST_SKIP() << listener.status().message();
    listener_.Reset(*listener);
    ASSERT_TRUE(StartListening(listener_.get(), 1).ok());
    local_ = *BoundAddress(listener_.get());
    client_.Reset(socket(local_.family(), SOCK_STREAM, 0));
    ASSERT_EQ(connect(client_.get(), local_.raw(), local_.size()), 0);
    accepted_.Reset(accept(listener_.get(), nullptr, nullptr));
    ASSERT_GE(accepted_.get(), 0);
  }

  base::Descriptor listener_, client_, accepted_;
  Address local_;
};

TEST_F(OriginalDestinationTest, OneThatWasNotRedirectedHasNone) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    ASSERT_NO_FATAL_FAILURE(Connect(ip));
    if (IsSkipped()) return;
    EXPECT_FALSE(OriginalDestination(accepted_.get(), local_).is_set()) << ip;
  }
}

TEST_F(OriginalDestinationTest, OfATransparentSocketItIsItsOwnAddress) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    ASSERT_NO_FATAL_FAILURE(Connect(ip));
    if (IsSkipped()) return;
    const int on = 1;
    const bool is_v4 = local_.family() == AF_INET;
    const int set = is_v4 ? setsockopt(accepted_.get(), SOL_IP, IP_TRANSPARENT, &on, sizeof on)
                          : setsockopt(accepted_.get(), SOL_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
    if (set != 0 && errno == EPERM) GTEST_SKIP() << "needs CAP_NET_ADMIN";
    ASSERT_EQ(set, 0);
    EXPECT_EQ(OriginalDestination(accepted_.get(), local_), local_) << ip;
  }
}

TEST_F(OriginalDestinationTest, APipeHasNone) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const base::Descriptor one(ends[0]), other(ends[1]);
  EXPECT_FALSE(OriginalDestination(one.get(), *Address::Pipe("@weir")).is_set());
  EXPECT_FALSE(OriginalDestination(-1, *Address::ParseIp("10.0.0.1", 80)).is_set());
}

}  // namespace
}  // namespace weir::net
