#include "source/restart/packet.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <string>

namespace weir::restart {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PacketTest : public testing::Test {
 protected:
  PacketTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    here_.Reset(pair[0]);
    there_.Reset(pair[1]);
  }

  base::Descriptor here_, there_;
};

TEST_F(PacketTest, FieldsArriveAsTheyWere) {
  ASSERT_TRUE(SendPacket(here_.get(), {"take", "", "127.0.0.1:80"}).ok());
  ASSERT_TRUE(SendPacket(here_.get(), {"live"}).ok());
  auto first = ReceivePacket(there_.get());
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(first->fields, ElementsAre("take", "", "127.0.0.1:80"));
  EXPECT_TRUE(first->Is("take", 3));
  EXPECT_FALSE(first->Is("take", 2));
  EXPECT_THAT(ReceivePacket(there_.get())->fields, ElementsAre("live"));
}

TEST_F(PacketTest, DescriptorsGoWithThem) {
  const base::Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const base::Descriptor zero(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(SendPacket(here_.get(), {"sockets", "0"}, {null.get(), zero.get()}).ok());
  auto packet = ReceivePacket(there_.get());
  ASSERT_TRUE(packet.ok());
  ASSERT_EQ(packet->descriptors.size(), 2u);
  for (const auto& [got, sent] : {std::pair(packet->descriptors[0].get(), null.get()),
                                  std::pair(packet->descriptors[1].get(), zero.get())}) {
    struct stat a, b;
    ASSERT_EQ(fstat(got, &a), 0);
    ASSERT_EQ(fstat(sent, &b), 0);
    EXPECT_EQ(a.st_rdev, b.st_rdev);
    EXPECT_NE(got, sent);
    EXPECT_EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
  }
}

TEST_F(PacketTest, NothingAndNobody) {
  EXPECT_TRUE(absl::IsUnavailable(ReceivePacket(there_.get()).status()));
  here_.Reset();
  EXPECT_TRUE(absl::IsNotFound(ReceivePacket(there_.get()).status()));
  EXPECT_TRUE(absl::IsNotFound(SendPacket(there_.get(), {"live"})));
}

TEST_F(PacketTest, TooMuchIsRefused) {
  const std::string much(kMaxPacketBytes, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(SendPacket(here_.get(), {"take", much})));
  const std::vector<int> many(kMaxDescriptors + 1, 0);
  EXPECT_TRUE(absl::IsInvalidArgument(SendPacket(here_.get(), {"sockets"}, many)));
  // As somebody else would send it.
  const std::string more(kMaxPacketBytes + 1, 'x');
  ASSERT_GT(send(here_.get(), more.data(), more.size(), 0), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(ReceivePacket(there_.get()).status()));
}

TEST_F(PacketTest, KnowsWhoIsThere) {
  EXPECT_EQ(PeerPid(here_.get()), getpid());
  EXPECT_TRUE(IsTrusted(here_.get(), geteuid()));
}

TEST(SocketAddressTest, IsAPathThatFits) {
  EXPECT_TRUE(SocketAddress("/run/weir.sock").ok());
  EXPECT_THAT(SocketAddress("@weir").status().message(), HasSubstr("no path"));
  EXPECT_THAT(SocketAddress("").status().message(), HasSubstr("no path"));
  EXPECT_THAT(SocketAddress("/" + std::string(200, 'x')).status().message(), HasSubstr("too long"));
}

}  // namespace
}  // namespace weir::restart
