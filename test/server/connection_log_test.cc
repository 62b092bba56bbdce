#include "source/server/connection_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/server/listener_fixture.h"

namespace weir::server {
namespace {

using testing::ElementsAre;

class ConnectionLogTest : public ListenerFixture {};

TEST_F(ConnectionLogTest, SaysWhyAndForHowLong) {
  const auto config = Config({Chain("a")});
  filter::AcceptedSocket socket;
  loop_.RunReady();
  socket.accepted_ns = loop_.now_ns();
  clock_.AdvanceMs(7);
  loop_.RunReady();
  LogRefused(*config, loop_, socket, Refusal::kNoFilterChain);
  LogRefused(*config, loop_, socket, Refusal::kListenerFilter);
  EXPECT_THAT(access_log_,
              ElementsAre("chain , flags NR, details filter_chain_not_found, 0/0 bytes, 7 ms",
                          "chain , flags -, details listener_filter_closed, 0/0 bytes, 7 ms"));
}

}  // namespace
}  // namespace weir::server
