#include "source/extensions/listener_filters/tls_inspector/tls_inspector_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/extensions/listener_filters/tls_inspector/hello_text.h"

namespace weir::extensions::tls_inspector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Verdict = filter::ListenerFilter::Verdict;

class TlsInspectorFilterTest : public testing::Test {
 protected:
  TlsInspectorFilterTest() {
    settings_.stats = stats_.AddGroup<TlsInspectorStats>("tls_inspector");
    socket_.transport_protocol = "raw_buffer";
  }
  Verdict Peek(std::string_view bytes) {
    TlsInspectorFilter filter(settings_);
    EXPECT_EQ(filter.OnAccept(socket_), Verdict::kNeedMore);
    size_t consume = 1;
    const Verdict verdict = filter.OnPeek(socket_, bytes, consume);
    EXPECT_EQ(consume, 0u);
    return verdict;
  }
  TlsInspectorStats& counters() { return settings_.stats->Here(); }

  stats::Store stats_;
  TlsInspectorSettings settings_;
  filter::AcceptedSocket socket_;
};

TEST_F(TlsInspectorFilterTest, WritesDownWhatAClientAsksFor) {
  EXPECT_EQ(Peek(Hello(ServerName("A.test") + Alpn({"h2"}))), Verdict::kContinue);
  EXPECT_EQ(socket_.transport_protocol, "tls");
  EXPECT_EQ(socket_.server_name, "a.test");
  EXPECT_THAT(socket_.application_protocols, ElementsAre("h2"));
  EXPECT_EQ(counters().tls_found.value(), 1u);
  EXPECT_EQ(counters().sni_found.value(), 1u);
  EXPECT_EQ(counters().alpn_found.value(), 1u);
}

TEST_F(TlsInspectorFilterTest, CountsWhatIsMissing) {
  EXPECT_EQ(Peek(Hello("")), Verdict::kContinue);
  EXPECT_EQ(socket_.transport_protocol, "tls");
  EXPECT_EQ(counters().sni_not_found.value(), 1u);
  EXPECT_EQ(counters().alpn_not_found.value(), 1u);
}

TEST_F(TlsInspectorFilterTest, PlaintextGoesOnAtOnce) {
  EXPECT_EQ(Peek("G"), Verdict::kContinue);
  EXPECT_EQ(socket_.transport_protocol, "raw_buffer");
  EXPECT_THAT(socket_.application_protocols, IsEmpty());
  EXPECT_EQ(counters().tls_not_found.value(), 1u);
}

TEST_F(TlsInspectorFilterTest, WaitsForTheRest) {
  const std::string hello = Hello(ServerName("a.test"));
  EXPECT_EQ(Peek(hello.substr(0, hello.size() - 1)), Verdict::kNeedMore);
  EXPECT_EQ(counters().tls_found.value(), 0u);
}

TEST_F(TlsInspectorFilterTest, AMalformedHelloIsClosedWhenAsked) {
  EXPECT_EQ(Peek(Hello("xyz")), Verdict::kContinue);
  EXPECT_EQ(socket_.transport_protocol, "raw_buffer");
  settings_.closes_malformed = true;
  EXPECT_EQ(Peek(Hello("xyz")), Verdict::kClose);
}

TEST_F(TlsInspectorFilterTest, ALongHelloIsClosed) {
  settings_.max_hello_bytes = 300;
  EXPECT_EQ(Peek(Hello(Extension(21, std::string(300, '\0')))), Verdict::kClose);
  EXPECT_EQ(counters().client_hello_too_large.value(), 1u);
}

}  // namespace
}  // namespace weir::extensions::tls_inspector
