#include "source/http/websocket.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

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

}  // namespace
}  // namespace weir::http
