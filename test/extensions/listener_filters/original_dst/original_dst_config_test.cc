#include "source/extensions/listener_filters/original_dst/original_dst_config.h"

#include "envoy/extensions/filters/listener/original_dst/v3/original_dst.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::original_dst {
namespace {

using OriginalDstConfigTest = test::FactoryFixture;
using Verdict = filter::ListenerFilter::Verdict;

TEST_F(OriginalDstConfigTest, MakesFilters) {
  using envoy::extensions::filters::listener::original_dst::v3::OriginalDst;
  const auto config = CreateFactory()->Parse(Pack<OriginalDst>(""), context_, faults_);
  ASSERT_NE(config, nullptr);
  filter::AcceptedSocket socket;  // of no descriptor: nothing is known of it
  socket.local = *net::Address::ParseIp("10.0.0.1", 80);
  const auto filter = config->Create();
  EXPECT_EQ(filter->OnAccept(socket), Verdict::kContinue);
  EXPECT_FALSE(socket.is_redirected);
}

}  // namespace
}  // namespace weir::extensions::original_dst
