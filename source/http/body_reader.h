// Reads one HTTP/1 message body by its framing: payload into a Buffer, trailers into a map (when
// they are wanted; checked and dropped otherwise). Used by the server and the client codec alike.
// One reader a connection, started once a message; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/chunked_decoder.h"
#include "source/http/codec.h"
#include "source/http/framing.h"
#include "source/http/head_scanner.h"

namespace weir::http {

class BodyReader {
 public:
  enum class Result : uint8_t { kMore, kDone, kFault };

  // A body of kNone or of length 0 is done before it starts: not for here.
  void Start(const BodyFraming& framing);
  // Takes from `bytes` what belongs to the body and says how much. All of them, but for an
  // incomplete trailer section (shown again with more behind) and what follows the body.
  // `trailers`: where to keep trailers; null drops them.
  Result Read(std::string_view bytes, size_t& consumed, base::Buffer& payload,
              const CodecLimits& limits, HeaderMap* trailers);
  // Known to come; 0 when the length is not declared.
  uint64_t left() const { return kind_ == BodyFraming::Kind::kLength ? left_ : 0; }
  const MessageFault& fault() const { return fault_; }

 private:
  Result ReadChunks(std::string_view bytes, size_t& consumed, base::Buffer& payload,
                    const CodecLimits& limits, HeaderMap* trailers);
  Result ReadTrailers(std::string_view bytes, size_t& consumed, const CodecLimits& limits,
                      HeaderMap* trailers);
  Result Fail(const MessageFault& fault);

  BodyFraming::Kind kind_ = BodyFraming::Kind::kNone;
  bool in_trailers_ = false;
  uint64_t left_ = 0;
  ChunkedDecoder chunks_;
  HeadScanner trailer_scanner_;
  MessageFault fault_;
};

}  // namespace weir::http
