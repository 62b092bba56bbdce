#include "source/server/socket_option_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "envoy/config/core/v3/socket_option.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "test/discovery/resource_fixture.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SocketOptionParserTest : public discovery::ResourceFixture {
 protected:
  std::vector<net::SocketOption> Parse(const std::string& text) {
    return ParseSocketOptions(
        FromText<envoy::config::listener::v3::Listener>(text).socket_options(), faults_);
  }
};

TEST_F(SocketOptionParserTest, ReadsNumbersAndBytes) {
  const auto options = Parse(
      "socket_options { level: 1 name: 8 int_value: 70000 state: STATE_LISTENING } "
      "socket_options { level: 6 name: 13 buf_value: \"cubic\" state: STATE_BOUND } "
      "socket_options { level: 6 name: 9 int_value: -1 }");
  EXPECT_THAT(Lines(), IsEmpty());
  ASSERT_EQ(options.size(), 3u);
  EXPECT_EQ(options[0].level, 1);
  EXPECT_EQ(options[0].name, 8);
  int value = 0;
  ASSERT_EQ(options[0].value.size(), sizeof value);
  std::memcpy(&value, options[0].value.data(), sizeof value);
  EXPECT_EQ(value, 70'000);
  EXPECT_EQ(options[0].when, net::SocketOption::When::kListening);
  EXPECT_EQ(options[1].value, "cubic");
  EXPECT_EQ(options[1].when, net::SocketOption::When::kBound);
  EXPECT_EQ(options[2].when, net::SocketOption::When::kBeforeBind);
}

TEST_F(SocketOptionParserTest, NumbersAreThoseOfTheKernel) {
  Parse(
      "socket_options { level: 1 name: 8 int_value: 1 } "
      "socket_options { level: 1 name: 8 int_value: 3000000000 }");
  EXPECT_THAT(Lines(),
              ElementsAre("socket_options[1].int_value: 3000000000 does not fit into an int"));
}

}  // namespace
}  // namespace weir::server
