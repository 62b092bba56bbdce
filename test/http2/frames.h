// What a codec wrote, taken apart: frames, and the fields of their heads. For tests that judge
// answers by more than their kind (Describe in harness.h says that).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test/http2/harness.h"

struct nghttp2_hd_inflater;

namespace weir::http2 {

struct SentFrame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;

  bool ends_stream() const { return (flags & 1) != 0; }
  // Of an RST_STREAM or a GOAWAY.
  uint32_t error_code() const;
  uint32_t increment() const;  // of a WINDOW_UPDATE
};

// All of `bytes`, which end with a whole frame. A client's preface in front is left out.
std::vector<SentFrame> ParseFrames(std::string_view bytes);

std::string BigEndian32(uint32_t value);

// One direction of one connection: heads must be shown in the order they were sent.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Fields Decode(std::string_view block);
  // Of the dynamic table that the other side made us keep (RFC 7541 §4.1).
  size_t table_bytes() const;
  // "200 content-length=2", one head a line, each with its stream in front; other frames skipped.
  std::string Heads(std::string_view frames);

 private:
  ::nghttp2_hd_inflater* inflater_ = nullptr;
};

// The value of the first field of that name; empty when there is none.
std::string ValueOf(const Fields& fields, std::string_view name);

}  // namespace weir::http2
