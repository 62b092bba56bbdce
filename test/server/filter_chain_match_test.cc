#include "source/server/filter_chain_match.h"

#include <gtest/gtest.h>

namespace weir::server {
namespace {

using filter::AcceptedSocket;

AcceptedSocket From(std::string_view remote, std::string_view local) {
  AcceptedSocket socket;
  socket.remote = socket.direct_remote = *net::Address::ParseIpPort(remote);
  socket.local = *net::Address::ParseIpPort(local);
  socket.transport_protocol = "raw_buffer";
  return socket;
}

net::CidrRange Range(std::string_view ip, uint32_t bits) {
  return *net::CidrRange::Create(ip, bits);
}

TEST(FilterChainMatchTest, EmptyMatchTakesEverything) {
  EXPECT_EQ(FindFilterChain({FilterChainMatch()}, From("1.2.3.4:5", "10.0.0.1:80")), 0);
  EXPECT_EQ(FindFilterChain({}, From("1.2.3.4:5", "10.0.0.1:80")), -1);
}

TEST(FilterChainMatchTest, PortBeatsNoPort) {
  FilterChainMatch any, port;
  port.destination_port = 80;
  EXPECT_EQ(FindFilterChain({any, port}, From("1.2.3.4:5", "10.0.0.1:80")), 1);
  EXPECT_EQ(FindFilterChain({any, port}, From("1.2.3.4:5", "10.0.0.1:81")), 0);
}

TEST(FilterChainMatchTest, LongestPrefixWins) {
  FilterChainMatch wide, narrow;
  wide.destinations = {Range("10.0.0.0", 8)};
  narrow.destinations = {Range("10.1.0.0", 16)};
  EXPECT_EQ(FindFilterChain({wide, narrow}, From("1.2.3.4:5", "10.1.0.1:80")), 1);
  EXPECT_EQ(FindFilterChain({wide, narrow}, From("1.2.3.4:5", "10.2.0.1:80")), 0);
  EXPECT_EQ(FindFilterChain({wide, narrow}, From("1.2.3.4:5", "11.0.0.1:80")), -1);
}

TEST(FilterChainMatchTest, ServerNamesExactThenLongestWildcard) {
  FilterChainMatch any, exact, near_wildcard, far_wildcard;
  exact.server_names = {"www.example.com"};
  near_wildcard.server_names = {"*.example.com"};
  far_wildcard.server_names = {"*.com"};
  const std::vector<FilterChainMatch> matches = {any, far_wildcard, near_wildcard, exact};
  AcceptedSocket socket = From("1.2.3.4:5", "10.0.0.1:443");
  const auto find = [&](const char* name) {
    socket.server_name = name;
    return FindFilterChain(matches, socket);
  };
  EXPECT_EQ(find("www.example.com"), 3);
  EXPECT_EQ(find("a.b.example.com"), 2);
  EXPECT_EQ(find("other.com"), 1);
  EXPECT_EQ(find("com"), 0);
  EXPECT_EQ(find(""), 0);
}

// A chain that loses at an earlier criterion cannot win by a later one.
TEST(FilterChainMatchTest, NoWayBack) {
  FilterChainMatch by_name, by_source;
  by_name.server_names = {"a.test"};
  by_name.sources = {Range("192.168.0.0", 16)};
  by_source.sources = {Range("10.0.0.0", 8)};
  AcceptedSocket socket = From("10.1.1.1:5", "10.0.0.1:443");
  socket.server_name = "a.test";
  EXPECT_EQ(FindFilterChain({by_name, by_source}, socket), -1);
}

TEST(FilterChainMatchTest, TransportAndApplicationProtocols) {
  FilterChainMatch tls, h2;
  tls.transport_protocol = "tls";
  h2.transport_protocol = "tls";
  h2.application_protocols = {"h2"};
  AcceptedSocket socket = From("1.2.3.4:5", "10.0.0.1:443");
  EXPECT_EQ(FindFilterChain({tls, h2}, socket), -1);
  socket.transport_protocol = "tls";
  EXPECT_EQ(FindFilterChain({tls, h2}, socket), 0);
  socket.application_protocols = {"h2", "http/1.1"};
  EXPECT_EQ(FindFilterChain({tls, h2}, socket), 1);
}

TEST(FilterChainMatchTest, SourceTypeTellsLoopbackApart) {
  FilterChainMatch local, external;
  local.source_type = FilterChainMatch::SourceType::kLocal;
  external.source_type = FilterChainMatch::SourceType::kExternal;
  const std::vector<FilterChainMatch> matches = {local, external};
  EXPECT_EQ(FindFilterChain(matches, From("127.0.0.1:5", "127.0.0.1:80")), 0);
  EXPECT_EQ(FindFilterChain(matches, From("10.0.0.1:5", "10.0.0.1:80")), 0);
  EXPECT_EQ(FindFilterChain(matches, From("10.0.0.2:5", "10.0.0.1:80")), 1);
}

TEST(FilterChainMatchTest, SourcePortIsTheLastCriterion) {
  FilterChainMatch range, port;
  range.sources = {Range("10.0.0.0", 8)};
  port.sources = {Range("10.0.0.0", 8)};
  port.source_ports = {5000};
  EXPECT_EQ(FindFilterChain({range, port}, From("10.0.0.2:5000", "10.0.0.1:80")), 1);
  EXPECT_EQ(FindFilterChain({range, port}, From("10.0.0.2:5001", "10.0.0.1:80")), 0);
}

}  // namespace
}  // namespace weir::server
