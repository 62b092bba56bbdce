// Base64 (RFC 4648 §4) of a body that comes in pieces. Padding may stand wherever a piece ended:
// gRPC-Web's text form is base64 texts, one behind the other. Constant memory; one object a
// direction of a stream.
#pragma once

#include <cstdint>

#include "source/base/buffer.h"

namespace weir::extensions::grpc_web {

class Base64Decoder {
 public:
  // Takes all of `text`; what it stands for goes behind `bytes`. False when it is no base64.
  bool Decode(base::Buffer& text, base::Buffer& bytes);
  // Nothing is missing.
  bool is_complete() const { return count_ == 0; }

 private:
  bool Add(char c, base::Buffer& bytes);

  uint32_t group_ = 0;  // up to four digits of six bits
  uint8_t count_ = 0;   // of them, padding included
  uint8_t padding_ = 0;
};

// Takes all of `bytes`; the text, padded at its end, goes behind `text`.
void EncodeBase64(base::Buffer& bytes, base::Buffer& text);

}  // namespace weir::extensions::grpc_web
