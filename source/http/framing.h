// Decides how long an HTTP/1 body is. Every parser and serializer asks here and nowhere else,
// because two answers to this question are a request-smuggling bug (RFC 9112 §6.3).
//
// What a peer says must be unambiguous: one Content-Length of digits only, or one
// Transfer-Encoding that is exactly `chunked`, never both. What we say is built from the numbers
// decided here, never from a peer's bytes. Pure functions: no state, no thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/http/message.h"
#include "source/http/message_fault.h"

namespace weir::http {

struct BodyFraming {
  enum class Kind : uint8_t { kNone, kLength, kChunked, kUntilClose, kError };

  Kind kind = Kind::kNone;
  // kLength: how many bytes follow. kNone: the Content-Length that describes a body which is not
  // there (HEAD, 304). -1: no Content-Length.
  int64_t length = -1;
  MessageFault fault = {};  // kError
};

// The framing fields of a head as they stood there: how often, and the first value, trimmed.
struct FramingFields {
  uint32_t content_length_count = 0;
  uint32_t transfer_encoding_count = 0;
  std::string_view content_length;
  std::string_view transfer_encoding;
};

// The value of a Content-Length; nothing when it is not 1–20 digits or exceeds 2^63-1.
std::optional<int64_t> ParseContentLength(std::string_view value);

// What a peer sends.
BodyFraming FrameReceivedRequest(const FramingFields& fields, Version version);
BodyFraming FrameReceivedResponse(const FramingFields& fields, Version version,
                                  Method request_method, int status);

// What we send. A tunnel (accepted upgrade, 2xx to CONNECT) is kUntilClose.
BodyFraming FrameSentRequest(const RequestHead& head, bool ends_stream);
BodyFraming FrameSentResponse(const ResponseHead& head, Method request_method, Version peer_version,
                              bool ends_stream);

}  // namespace weir::http
