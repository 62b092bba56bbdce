#include "source/extensions/listener_filters/http_inspector/http_inspector_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::extensions::http_inspector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Verdict = filter::ListenerFilter::Verdict;

class HttpInspectorFilterTest : public testing::Test {
 protected:
  Verdict Peek(std::string_view bytes) {
    HttpInspectorFilter filter(*group_);
    size_t consume = 1;
    const Verdict verdict = filter.OnPeek(socket_, bytes, consume);
    EXPECT_EQ(consume, 0u);
    return verdict;
  }

  stats::Store stats_;
  std::shared_ptr<stats::Group<HttpInspectorStats>> group_ =
      stats_.AddGroup<HttpInspectorStats>("http_inspector");
  filter::AcceptedSocket socket_;
};

TEST_F(HttpInspectorFilterTest, WritesDownTheVersion) {
  EXPECT_EQ(Peek("GET / HTTP/1.1\r\n"), Verdict::kContinue);
  EXPECT_THAT(socket_.application_protocols, ElementsAre("http/1.1"));
  EXPECT_EQ(Peek("GET / HTTP/1.0\r\n"), Verdict::kContinue);
  EXPECT_THAT(socket_.application_protocols, ElementsAre("http/1.0"));
  EXPECT_EQ(Peek("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Verdict::kContinue);
  EXPECT_THAT(socket_.application_protocols, ElementsAre("h2c"));
  EXPECT_EQ(group_->Here().http11_found.value(), 1u);
  EXPECT_EQ(group_->Here().http10_found.value(), 1u);
  EXPECT_EQ(group_->Here().http2_found.value(), 1u);
}

TEST_F(HttpInspectorFilterTest, WaitsOrLetsGo) {
  EXPECT_EQ(Peek("GE"), Verdict::kNeedMore);
  EXPECT_EQ(Peek("\x01"), Verdict::kContinue);
  EXPECT_THAT(socket_.application_protocols, IsEmpty());
  EXPECT_EQ(group_->Here().http_not_found.value(), 1u);
}

TEST_F(HttpInspectorFilterTest, TlsIsPassedBy) {
  HttpInspectorFilter filter(*group_);
  EXPECT_EQ(filter.OnAccept(socket_), Verdict::kNeedMore);
  socket_.transport_protocol = "tls";
  EXPECT_EQ(filter.OnAccept(socket_), Verdict::kContinue);
}

}  // namespace
}  // namespace weir::extensions::http_inspector
