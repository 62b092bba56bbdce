#include "source/extensions/listener_filters/http_inspector/http_inspector_config.h"

#include "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.pb.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::http_inspector {
namespace {

using HttpInspectorConfigTest = test::FactoryFixture;
using Verdict = filter::ListenerFilter::Verdict;

TEST_F(HttpInspectorConfigTest, MakesInspectors) {
  using envoy::extensions::filters::listener::http_inspector::v3::HttpInspector;
  const auto config = CreateFactory()->Parse(Pack<HttpInspector>(""), context_, faults_);
  ASSERT_NE(config, nullptr);
  filter::AcceptedSocket socket;
  size_t consume = 0;
  EXPECT_EQ(config->Create()->OnPeek(socket, "GET / HTTP/1.1\r\n", consume), Verdict::kContinue);
  EXPECT_EQ(socket.application_protocols.size(), 1u);
}

}  // namespace
}  // namespace weir::extensions::http_inspector
