#include "source/http/framing.h"

#include <limits>

#include "source/http/field_syntax.h"

namespace weir::http {
namespace {

using Kind = BodyFraming::Kind;

BodyFraming Refused(const MessageFault& fault) { return {Kind::kError, -1, fault}; }

BodyFraming OfLength(int64_t length) { return {Kind::kLength, length, {}}; }

BodyFraming OfKind(Kind kind) { return {kind, -1, {}}; }

// A list of transfer codings that is not just `chunked`: ambiguous or merely unknown?
MessageFault JudgeCodings(std::string_view list) {
  if (list.empty()) return fault::kInvalidTransferEncoding;
  bool has_chunked = false;
  std::string_view coding;
  while (NextListElement(list, coding)) {
    if (has_chunked || !IsToken(coding)) return fault::kInvalidTransferEncoding;
    has_chunked = EqualsIgnoreCase(coding, "chunked");
  }
  return fault::kUnknownTransferCoding;
}

BodyFraming FrameByTransferEncoding(const FramingFields& fields, Version version) {
  if (fields.transfer_encoding_count > 1) return Refused(fault::kInvalidTransferEncoding);
  if (version == Version::kHttp10) return Refused(fault::kTransferEncodingVersion);
  if (!EqualsIgnoreCase(fields.transfer_encoding, "chunked")) {
    return Refused(JudgeCodings(fields.transfer_encoding));
  }
  if (fields.content_length_count > 0) return Refused(fault::kLengthAndChunked);
  return OfKind(Kind::kChunked);
}

BodyFraming FrameByContentLength(const FramingFields& fields) {
  if (fields.content_length_count > 1) return Refused(fault::kDuplicateContentLength);
  const std::optional<int64_t> length = ParseContentLength(fields.content_length);
  return length.has_value() ? OfLength(*length) : Refused(fault::kInvalidContentLength);
}

bool IsBodilessStatus(int status) { return status < 200 || status == 204 || status == 304; }

bool IsTunnel(Method request_method, int status) {
  return status == 101 || (request_method == Method::kConnect && status >= 200 && status < 300);
}

// Servers that see no length on these methods may wait for one (RFC 9110 §8.6).
bool AnnouncesEmptyBody(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch;
}

}  // namespace

std::optional<int64_t> ParseContentLength(std::string_view value) {
  constexpr size_t kMaxDigits = 20;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (value.empty() || value.size() > kMaxDigits) return std::nullopt;
  uint64_t length = 0;
  for (char c : value) {
    if (!IsDigit(c)) return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (length > (kMax - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return static_cast<int64_t>(length);
}

BodyFraming FrameReceivedRequest(const FramingFields& fields, Version version) {
  if (fields.transfer_encoding_count > 0) return FrameByTransferEncoding(fields, version);
  if (fields.content_length_count > 0) return FrameByContentLength(fields);
  return OfKind(Kind::kNone);
}

BodyFraming FrameReceivedResponse(const FramingFields& fields, Version version,
                                  Method request_method, int status) {
  if (IsTunnel(request_method, status)) return OfKind(Kind::kUntilClose);
  BodyFraming framing = OfKind(Kind::kUntilClose);
  if (fields.transfer_encoding_count > 0) {
    framing = FrameByTransferEncoding(fields, version);
  } else if (fields.content_length_count > 0) {
    framing = FrameByContentLength(fields);
  }
  if (framing.kind == Kind::kError) return framing;
  if (request_method == Method::kHead || status == 304) return {Kind::kNone, framing.length, {}};
  if (IsBodilessStatus(status)) return OfKind(Kind::kNone);
  return framing;
}

BodyFraming FrameSentRequest(const RequestHead& head, bool ends_stream) {
  if (!head.upgrade.empty() || head.method == Method::kConnect) return OfKind(Kind::kUntilClose);
  if (ends_stream || head.content_length == 0) {
    return AnnouncesEmptyBody(head.method) ? OfLength(0) : OfKind(Kind::kNone);
  }
  return head.content_length > 0 ? OfLength(head.content_length) : OfKind(Kind::kChunked);
}

BodyFraming FrameSentResponse(const ResponseHead& head, Method request_method, Version peer_version,
                              bool ends_stream) {
  if (IsTunnel(request_method, head.status)) return OfKind(Kind::kUntilClose);
  const int64_t length = head.content_length < 0 ? -1 : head.content_length;
  if (request_method == Method::kHead || head.status == 304) return {Kind::kNone, length, {}};
  if (IsBodilessStatus(head.status)) return OfKind(Kind::kNone);
  if (ends_stream) return OfLength(0);
  if (length >= 0) return OfLength(length);
  return OfKind(peer_version == Version::kHttp10 ? Kind::kUntilClose : Kind::kChunked);
}

}  // namespace weir::http
