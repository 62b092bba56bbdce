#include "source/http/chunked_decoder.h"

#include <algorithm>
#include <limits>

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

constexpr uint8_t kMaxSizeDigits = 16;

// quoted-string without its quotes and escapes (RFC 9110 §5.6.4).
bool IsQuotedText(char c) { return !IsControl(c) && c != '"' && c != '\\'; }

}  // namespace

void ChunkedDecoder::Start() { *this = ChunkedDecoder(); }

ChunkedDecoder::Step ChunkedDecoder::Decode(std::string_view bytes, const CodecLimits& limits) {
  Step step;
  while (step.consumed < bytes.size()) {
    if (state_ == State::kPayload) {
      const size_t room = bytes.size() - step.consumed;
      const size_t count = static_cast<size_t>(std::min<uint64_t>(size_, room));
      step.payload = bytes.substr(step.consumed, count);
      step.consumed += count;
      size_ -= count;
      if (size_ == 0) state_ = State::kPayloadCr;
      return step;
    }
    const char c = bytes[step.consumed++];
    const bool ends_line = state_ == State::kSizeLf;
    step.fault = OnLineByte(c, limits);
    if (step.fault) return step;
    if (ends_line && size_ == 0) {
      step.reached_trailers = true;
      return step;
    }
  }
  return step;
}

MessageFault ChunkedDecoder::OnLineByte(char c, const CodecLimits& limits) {
  ++framing_bytes_;
  switch (state_) {
    case State::kPayloadCr:
      if (c != '\r') return fault::kInvalidChunkEnd;
      state_ = State::kPayloadLf;
      return fault::kNone;
    case State::kPayloadLf:
      if (c != '\n') return fault::kInvalidChunkEnd;
      state_ = State::kSize;
      digits_ = 0;
      line_bytes_ = 0;
      size_ = 0;
      return fault::kNone;
    case State::kSizeLf:
      return OnLineEnd(c, limits);
    default:
      break;
  }
  if (c != '\r' && ++line_bytes_ > limits.max_chunk_line_bytes) return fault::kChunkLineTooLong;
  return state_ == State::kSize ? OnSizeByte(c) : OnExtensionByte(c);
}

MessageFault ChunkedDecoder::OnSizeByte(char c) {
  const int digit = HexValue(c);
  if (digit >= 0) {
    if (++digits_ > kMaxSizeDigits) return fault::kInvalidChunkSize;
    size_ = size_ << 4 | static_cast<uint64_t>(digit);
    return fault::kNone;
  }
  const bool is_size = digits_ > 0 && size_ <= uint64_t{std::numeric_limits<int64_t>::max()};
  if (!is_size) return fault::kInvalidChunkSize;
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (c == ';') {
    state_ = State::kExtensionName;
  } else {
    return fault::kInvalidChunkSize;
  }
  return fault::kNone;
}

MessageFault ChunkedDecoder::OnExtensionByte(char c) {
  switch (state_) {
    case State::kExtensionName:
      state_ = State::kExtensionNameRest;
      return IsTokenByte(c) ? fault::kNone : fault::kInvalidChunkExtension;
    case State::kExtensionNameRest:
      if (IsTokenByte(c)) return fault::kNone;
      if (c != '=') return OnExtensionDelimiter(c);
      state_ = State::kExtensionValue;
      return fault::kNone;
    case State::kExtensionValue:
      state_ = c == '"' ? State::kExtensionQuoted : State::kExtensionToken;
      return c == '"' || IsTokenByte(c) ? fault::kNone : fault::kInvalidChunkExtension;
    case State::kExtensionToken:
      return IsTokenByte(c) ? fault::kNone : OnExtensionDelimiter(c);
    case State::kExtensionQuoted:
      if (c == '"') {
        state_ = State::kExtensionEnd;
      } else if (c == '\\') {
        state_ = State::kExtensionEscaped;
      } else if (!IsQuotedText(c)) {
        return fault::kInvalidChunkExtension;
      }
      return fault::kNone;
    case State::kExtensionEscaped:
      state_ = State::kExtensionQuoted;
      return IsControl(c) ? fault::kInvalidChunkExtension : fault::kNone;
    default:
      return OnExtensionDelimiter(c);
  }
}

MessageFault ChunkedDecoder::OnExtensionDelimiter(char c) {
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (c == ';') {
    state_ = State::kExtensionName;
  } else {
    return fault::kInvalidChunkExtension;
  }
  return fault::kNone;
}

MessageFault ChunkedDecoder::OnLineEnd(char c, const CodecLimits& limits) {
  if (c != '\n') return fault::kInvalidChunkSize;
  if (framing_bytes_ > payload_bytes_ + limits.max_chunk_overhead_bytes) {
    return fault::kChunkOverhead;
  }
  // Announced payload counts only as the peer begins the next chunk; it cannot get there without
  // having sent it.
  payload_bytes_ += size_;
  state_ = State::kPayload;
  return fault::kNone;
}

}  // namespace weir::http
