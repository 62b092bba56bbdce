#include "source/server/address_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/config/core/v3/address.pb.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using envoy::config::core::v3::Address;

class AddressParserTest : public discovery::ResourceFixture {
 protected:
  std::string Parse(const std::string& text) {
    const auto address = ParseListenAddress(FromText<Address>(text), faults_, v4_mapped_);
    return address.has_value() ? address->ToString() : "";
  }
  bool v4_mapped_ = false;
};

TEST_F(AddressParserTest, SocketsAndPipes) {
  EXPECT_EQ(Parse("socket_address { address: \"0.0.0.0\" port_value: 80 }"), "0.0.0.0:80");
  EXPECT_FALSE(v4_mapped_);
  EXPECT_EQ(Parse("socket_address { address: \"::\" port_value: 80 ipv4_compat: true }"),
            "[::]:80");
  EXPECT_TRUE(v4_mapped_);
  EXPECT_EQ(Parse("pipe { path: \"/tmp/x.sock\" }"), "/tmp/x.sock");
  EXPECT_FALSE(v4_mapped_);
  EXPECT_TRUE(faults_.ok());
}

TEST_F(AddressParserTest, FaultsNameTheField) {
  EXPECT_EQ(Parse("socket_address { address: \"localhost\" port_value: 80 }"), "");
  EXPECT_EQ(Parse("socket_address { protocol: UDP address: \"0.0.0.0\" port_value: 80 }"), "");
  EXPECT_EQ(Parse(""), "");
  EXPECT_EQ(Parse("pipe { path: \"" + std::string(300, 'x') + "\" }"), "");
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], testing::StartsWith("socket_address.address: "));
  EXPECT_EQ(lines[1], "socket_address.protocol: UDP is not implemented; TCP is");
  EXPECT_EQ(lines[2], ": needs a socket_address or a pipe");
  EXPECT_THAT(lines[3], testing::StartsWith("pipe.path: "));
}

}  // namespace
}  // namespace weir::server
