// Writes one HTTP/1 message body by the framing that its head announced, and never anything else:
// no chunk longer than the bytes at hand, no byte more than the declared length.
// One writer a connection, started once a message; not thread-safe.
#pragma once

#include <cstdint>

#include "source/base/buffer.h"
#include "source/http/framing.h"

namespace weir::http {

class BodyWriter {
 public:
  void Start(const BodyFraming& framing);
  // Moves all of `body` behind what is in `output` (drops it when there must be no body). False:
  // the body contradicts its declared length, and the message on the wire cannot be completed.
  bool Write(base::Buffer& body, bool ends_stream, base::Buffer& output);
  // Ends the body with these trailers: dropped when null or when the framing has no place for them.
  bool WriteTrailers(const HeaderMap* trailers, base::Buffer& output);

 private:
  BodyFraming::Kind kind_ = BodyFraming::Kind::kNone;
  uint64_t left_ = 0;  // kLength
};

}  // namespace weir::http
