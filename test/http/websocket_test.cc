#include "source/http/websocket.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "test/http/server_messages.h"

namespace weir::http {
namespace {

// RFC 6455 §1.3.
TEST(WebSocketTest, AnswersTheKeyOfTheRfc) {
  base::Arena arena;
  EXPECT_EQ(AnswerWebSocketKey("dGhlIHNhbXBsZSBub25jZQ==", arena), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketTest, KeysAreSixteenBytesAndDiffer) {
  base::Arena arena;
  const std::string_view key = MakeWebSocketKey(arena);
  std::string nonce;
  ASSERT_TRUE(absl::Base64Unescape(absl::string_view(key.data(), key.size()), &nonce));
  EXPECT_EQ(nonce.size(), 16u);
  EXPECT_NE(MakeWebSocketKey(arena), key);
}

// RFC 6455 §1.3's example; what an upstream that speaks HTTP/1 says is passed on as it is.
TEST(WebSocketTest, ServerAnswersTheKeyUnlessTheUpstreamDid) {
  std::string request(kWebSocket);
  request.replace(request.find("Key: k"), 6, "Key: dGhlIHNhbXBsZSBub25jZQ==");
  for (const bool upstream_did : {false, true}) {
    ServerHarness server;
    server.on_head = [upstream_did](SeenRequest& seen) {
      base::Arena arena;
      ResponseHead head(arena);
      head.status = 101;
      if (upstream_did) head.headers.Add("sec-websocket-accept", "theirs");
      seen.stream->SendHead(head, false);
    };
    server.Receive(request);
    const std::string answer = server.TakeOutput();
    const std::string expected = upstream_did ? "theirs" : "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const std::string_view name = "sec-websocket-accept: ";
    const size_t at = answer.find(name);
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(answer.substr(at + name.size(), expected.size() + 2), expected + "\r\n");
    EXPECT_EQ(answer.rfind(name), at);
  }
}

}  // namespace
}  // namespace weir::http
