#include "source/extensions/listener_filters/tls_inspector/tls_inspector_config.h"

#include <gmock/gmock.h>

#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "test/extensions/listener_filters/tls_inspector/hello_text.h"
#include "test/filter/factory_fixture.h"

namespace weir::extensions::tls_inspector {
namespace {

using envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;
using Verdict = filter::ListenerFilter::Verdict;

class TlsInspectorConfigTest : public test::FactoryFixture {
 protected:
  std::shared_ptr<const filter::ListenerFilterConfig> Parse(const std::string& text) {
    return CreateFactory()->Parse(Pack<TlsInspector>(text), context_, faults_);
  }
  static Verdict Peek(const filter::ListenerFilterConfig& config, std::string_view bytes) {
    filter::AcceptedSocket socket;
    size_t consume = 0;
    return config.Create()->OnPeek(socket, bytes, consume);
  }
};

TEST_F(TlsInspectorConfigTest, TakesHellosOf16KiBUnlessToldOtherwise) {
  const auto config = Parse("");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(Peek(*config, Hello(Extension(21, std::string(15'000, '\0')))), Verdict::kContinue);
  const auto small = Parse("max_client_hello_size { value: 256 }");
  ASSERT_NE(small, nullptr);
  EXPECT_EQ(Peek(*small, Hello(Extension(21, std::string(300, '\0')))), Verdict::kClose);
}

TEST_F(TlsInspectorConfigTest, CanCloseWhatIsMalformed) {
  const auto config = Parse("close_connection_on_client_hello_parsing_errors: true");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(Peek(*config, Hello("xyz")), Verdict::kClose);
}

TEST_F(TlsInspectorConfigTest, TellsABadSize) {
  EXPECT_EQ(Parse("max_client_hello_size { value: 100 }"), nullptr);
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_THAT(Lines()[0], testing::HasSubstr("max_client_hello_size"));
}

}  // namespace
}  // namespace weir::extensions::tls_inspector
