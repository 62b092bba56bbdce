// Requests that tests of the server codec send, and what they answer with.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/message.h"
#include "test/http/codec_harness.h"

namespace weir::http {

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
inline constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
inline constexpr std::string_view kOkClose =
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
inline constexpr std::string_view kWebSocket =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n";

inline std::string Post(std::string_view fields, std::string_view body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

inline void SendHead(SeenRequest& request, int status, int64_t content_length, bool ends_stream) {
  base::Arena arena;
  ResponseHead head(arena);
  head.status = status;
  head.content_length = content_length;
  request.stream->SendHead(head, ends_stream);
}

inline void SendBody(SeenRequest& request, std::string_view bytes, bool ends_stream) {
  base::Buffer body;
  body.Append(bytes);
  request.stream->SendBody(body, ends_stream);
  EXPECT_TRUE(body.empty());
}

}  // namespace weir::http
