#include "source/net/address.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"

namespace weir::net {
namespace {

Address Ip(std::string_view text) {
  absl::StatusOr<Address> address = Address::ParseIpPort(text);
  EXPECT_TRUE(address.ok()) << address.status();
  return *address;
}

TEST(AddressTest, AHostCanAffordOne) { EXPECT_LE(sizeof(Address), 32u); }

TEST(AddressTest, IsUnsetAtFirst) {
  const Address address;
  EXPECT_FALSE(address.is_set());
  EXPECT_FALSE(address.is_ip());
  EXPECT_EQ(address.size(), 0u);
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(address.ToString(), "");
  EXPECT_EQ(address, Address());
}

TEST(AddressTest, ReadsAndWritesIpv4) {
  const Address address = Ip("127.0.0.1:8080");
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in));
  EXPECT_EQ(address.port(), 8080);
  EXPECT_EQ(address.ToString(), "127.0.0.1:8080");
  EXPECT_EQ(address.IpString(), "127.0.0.1");
}

TEST(AddressTest, ReadsAndWritesIpv6) {
  const Address address = Ip("[2001:DB8:0::1]:443");
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in6));
  EXPECT_EQ(address.ToString(), "[2001:db8::1]:443");
  EXPECT_EQ(address.IpString(), "2001:db8::1");
}

TEST(AddressTest, KeepsTheScopeOfALinkLocalAddress) {
  EXPECT_EQ(Address::ParseIp("fe80::1%lo", 1)->ToString(), "[fe80::1%lo]:1");
  EXPECT_EQ(Address::ParseIp("fe80::1%1", 1), Address::ParseIp("fe80::1%lo", 1));
  EXPECT_FALSE(*Address::ParseIp("fe80::1%lo", 1) == *Address::ParseIp("fe80::1", 1));
  EXPECT_FALSE(Address::ParseIp("fe80::1%no-such-if", 1).ok());
  EXPECT_FALSE(Address::ParseIp("fe80::1%", 1).ok());
  EXPECT_FALSE(Address::ParseIp("1.2.3.4%lo", 1).ok());
}

TEST(AddressTest, RefusesWhatIsNoIpLiteral) {
  for (const std::string_view text : std::initializer_list<std::string_view>{
           "", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4 ", "1::2::3", "[::1]",
           std::string_view("1.2.3.4\0", 8)}) {
    EXPECT_FALSE(Address::ParseIp(text, 80).ok()) << text;
  }
}

TEST(AddressTest, RefusesBadPairsOfIpAndPort) {
  for (std::string_view text :
       {"", "1.2.3.4", "1.2.3.4:", "1.2.3.4:-1", "1.2.3.4:65536", "1.2.3.4:+80", "1.2.3.4: 80",
        "1.2.3.4:000080", "::1:80", "[1.2.3.4]:80", "[::1:80", "[]:80", "host:80"}) {
    EXPECT_FALSE(Address::ParseIpPort(text).ok()) << text;
  }
  EXPECT_EQ(Ip("1.2.3.4:65535").port(), 65535);
  EXPECT_EQ(Ip("1.2.3.4:0").port(), 0);
}

TEST(AddressTest, ErrorsNameTheText) {
  EXPECT_EQ(Address::ParseIp("nowhere", 80).status().message(), "'nowhere' is not an IP address");
  EXPECT_EQ(Address::ParseIpPort("1.2.3.4:x").status().message(), "'1.2.3.4:x': 'x' is not a port");
}

TEST(AddressTest, HoldsPathsAndAbstractNames) {
  const Address path = *Address::Pipe("/run/a.sock");
  EXPECT_TRUE(path.is_pipe());
  EXPECT_EQ(path.ToString(), "/run/a.sock");
  EXPECT_EQ(path.IpString(), "/run/a.sock");
  EXPECT_EQ(path.port(), 0);
  EXPECT_EQ(path.size(), offsetof(sockaddr_un, sun_path) + std::strlen("/run/a.sock") + 1);
  const Address abstract = *Address::Pipe("@name");
  EXPECT_EQ(abstract.ToString(), "@name");
  EXPECT_EQ(abstract.size(), offsetof(sockaddr_un, sun_path) + 5);
  EXPECT_EQ(reinterpret_cast<const sockaddr_un*>(abstract.raw())->sun_path[0], '\0');
  EXPECT_FALSE(path == abstract);
}

TEST(AddressTest, RefusesBadPipes) {
  EXPECT_TRUE(Address::Pipe(std::string(107, 'p')).ok());
  EXPECT_FALSE(Address::Pipe(std::string(108, 'p')).ok());
  EXPECT_FALSE(Address::Pipe("").ok());
  EXPECT_FALSE(Address::Pipe("@").ok());
  EXPECT_FALSE(Address::Pipe(std::string_view("/a\0b", 4)).ok());
}

TEST(AddressTest, CopiesOfAPipeShareItsPath) {
  Address outer;
  {
    const Address path = *Address::Pipe("/run/a.sock");
    const Address copy = path;
    EXPECT_EQ(copy.raw(), path.raw());
    outer = copy;
    outer = *&outer;
  }
  EXPECT_EQ(outer.ToString(), "/run/a.sock");
  Address moved = std::move(outer);
  EXPECT_EQ(moved.ToString(), "/run/a.sock");
  moved = Ip("1.2.3.4:5");
  EXPECT_EQ(moved.ToString(), "1.2.3.4:5");
}

TEST(AddressTest, CopiesOfAPipeMayBeUsedOnManyThreads) {
  const Address path = *Address::Pipe("/run/a.sock");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([path] {
      for (int j = 0; j < 1000; ++j) {
        Address copy = path;
        Address other = std::move(copy);
        ASSERT_EQ(other, path);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(path.ToString(), "/run/a.sock");
}

TEST(AddressTest, ChangesThePortOfIpOnly) {
  EXPECT_EQ(Ip("1.2.3.4:1").WithPort(2), Ip("1.2.3.4:2"));
  EXPECT_EQ(Ip("[::1]:1").WithPort(2), Ip("[::1]:2"));
  EXPECT_EQ(Address::Pipe("/a")->WithPort(2), *Address::Pipe("/a"));
}

TEST(AddressTest, EqualAddressesHashAlike) {
  const absl::Hash<Address> hash;
  EXPECT_EQ(hash(Ip("1.2.3.4:1")), hash(Ip("1.2.3.4:1")));
  EXPECT_NE(hash(Ip("1.2.3.4:1")), hash(Ip("1.2.3.4:2")));
  EXPECT_EQ(hash(*Address::Pipe("/a")), hash(*Address::Pipe("/a")));
  EXPECT_FALSE(Ip("1.2.3.4:1") == Ip("1.2.3.5:1"));
  EXPECT_FALSE(Ip("[::1]:1") == Ip("[::2]:1"));
}

TEST(AddressTest, TakesWhatTheKernelReports) {
  const Address v6 = Ip("[2001:db8::1]:9");
  sockaddr_in6 raw;
  std::memcpy(&raw, v6.raw(), sizeof(raw));
  raw.sin6_flowinfo = htonl(7);  // differs from packet to packet
  EXPECT_EQ(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), sizeof(raw)), v6);
  for (const char* text : {"/run/a.sock", "@abstract"}) {
    const Address pipe = *Address::Pipe(text);
    EXPECT_EQ(Address::FromSockaddr(pipe.raw(), pipe.size()), pipe);
  }
}

TEST(AddressTest, SeesTheIpv4PeerBehindADualStackSocket) {
  const Address mapped = *Address::ParseIp("::ffff:1.2.3.4", 9);
  EXPECT_EQ(Address::FromSockaddr(mapped.raw(), mapped.size()), Ip("1.2.3.4:9"));
}

TEST(AddressTest, AnUnnamedPipeIsSetButHasNoText) {
  sockaddr_un raw = {};
  raw.sun_family = AF_UNIX;
  const Address address =
      Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), sizeof(sa_family_t));
  EXPECT_TRUE(address.is_set());
  EXPECT_EQ(address.ToString(), "");
  EXPECT_EQ(address.size(), sizeof(sa_family_t));
  EXPECT_EQ(Address(address), address);
}

TEST(AddressTest, UnknownOrShortSockaddrsAreUnset) {
  sockaddr_storage raw = {};
  raw.ss_family = AF_INET;
  EXPECT_FALSE(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), 4).is_set());
  raw.ss_family = AF_NETLINK;
  EXPECT_FALSE(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&raw), sizeof(raw)).is_set());
  EXPECT_FALSE(Address::FromSockaddr(nullptr, 0).is_set());
}

}  // namespace
}  // namespace weir::net
