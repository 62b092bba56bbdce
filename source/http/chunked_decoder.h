// Decodes the chunked transfer coding (RFC 9112 §7.1), strictly: CRLF only, at most 16 hexadecimal
// digits, no space around the size, well-formed extensions (which are dropped), exactly as much
// data as announced. Ends at the line behind the last chunk's: the trailer section is read
// elsewhere.
//
// Takes every byte it is given, however they are split; payload is handed out as views of them.
// No allocation; not thread-safe.
//
//   while (!bytes.empty()) { step = decoder.Decode(bytes); … bytes.remove_prefix(step.consumed); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/http/codec.h"
#include "source/http/message_fault.h"

namespace weir::http {

class ChunkedDecoder {
 public:
  struct Step {
    size_t consumed = 0;
    std::string_view payload;  // maybe empty
    bool reached_trailers = false;
    MessageFault fault;
  };

  void Start();
  // Decodes up to the end of one run of payload, or of `bytes`. Not to be called again after it
  // reached the trailers or found a fault.
  Step Decode(std::string_view bytes, const CodecLimits& limits);

 private:
  //  kSize ─► (kExtension…) ─► kSizeLf ─► kPayload ─► kPayloadCr ─► kPayloadLf ─┐
  //    ▲                          └─ size 0: trailers                           │
  //    └────────────────────────────────────────────────────────────────────────┘
  enum class State : uint8_t {
    kSize,
    kExtensionName,  // behind ';': at least one tchar
    kExtensionNameRest,
    kExtensionValue,  // behind '='
    kExtensionToken,
    kExtensionQuoted,
    kExtensionEscaped,  // behind '\' in a quoted string
    kExtensionEnd,      // behind the closing quote
    kSizeLf,
    kPayload,
    kPayloadCr,
    kPayloadLf,
  };

  MessageFault OnLineByte(char c, const CodecLimits& limits);
  MessageFault OnSizeByte(char c);
  MessageFault OnExtensionByte(char c);
  MessageFault OnExtensionDelimiter(char c);
  MessageFault OnLineEnd(char c, const CodecLimits& limits);

  State state_ = State::kSize;
  uint8_t digits_ = 0;
  uint32_t line_bytes_ = 0;
  uint64_t size_ = 0;  // of the chunk; in kPayload what is left of it
  uint64_t payload_bytes_ = 0;
  uint64_t framing_bytes_ = 0;
};

}  // namespace weir::http
