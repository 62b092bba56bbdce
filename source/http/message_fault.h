// Every reason for which the HTTP/1 codecs refuse a message, by name: the error it becomes, the
// status a request is answered with, and the detail that access logs show.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/stream_error.h"

namespace weir::http {

// One row of the table below.
struct FaultRow {
  ErrorKind kind;
  uint16_t status;  // of the reply to a request; a response with a fault becomes a 502
  std::string_view detail;
};

// Which row, if any: as small as a pointer, since every field that is read returns one.
class MessageFault {
 public:
  constexpr MessageFault() = default;
  constexpr MessageFault(const FaultRow& row) : row_(&row) {}
  MessageFault(FaultRow&&) = delete;

  explicit operator bool() const { return row_ != nullptr; }
  // Of a fault that there is.
  uint16_t status() const { return row_->status; }
  std::string_view detail() const { return row_->detail; }
  StreamError ToError(Side side) const { return {row_->kind, side, false, row_->detail}; }

 private:
  const FaultRow* row_ = nullptr;
};

namespace fault {

constexpr FaultRow BadMessage(std::string_view detail) {
  return {ErrorKind::kProtocol, 400, detail};
}

inline constexpr MessageFault kNone;

// Syntax of the head.
inline constexpr FaultRow kInvalidCharacters = BadMessage("http1.invalid_characters");
inline constexpr FaultRow kEmptyLines = BadMessage("http1.too_many_empty_lines");
inline constexpr FaultRow kFoldedField = BadMessage("http1.folded_field");
inline constexpr FaultRow kInvalidFieldName = BadMessage("http1.invalid_field_name");
inline constexpr FaultRow kUnderscore = BadMessage("http1.unexpected_underscore");
inline constexpr FaultRow kUnderscoreAlias = BadMessage("http1.underscore_alias");
inline constexpr FaultRow kHeadTooLarge = {ErrorKind::kHeadTooLarge, 431,
                                           "http1.headers_too_large"};
inline constexpr FaultRow kTooManyFields = {ErrorKind::kHeadTooLarge, 431,
                                            "http1.too_many_headers"};
inline constexpr FaultRow kUriTooLong = {ErrorKind::kUriTooLong, 414, "http1.uri_too_long"};

// The start line.
inline constexpr FaultRow kInvalidRequestLine = BadMessage("http1.invalid_request_line");
inline constexpr FaultRow kInvalidMethod = BadMessage("http1.invalid_method");
inline constexpr FaultRow kInvalidTarget = BadMessage("http1.invalid_url");
inline constexpr FaultRow kInvalidScheme = BadMessage("http1.invalid_scheme");
inline constexpr FaultRow kInvalidStatusLine = BadMessage("http1.invalid_status_line");
inline constexpr FaultRow kHttp2Preface = BadMessage("http1.http2_preface");
inline constexpr FaultRow kMethodTooLong = {ErrorKind::kNotImplemented, 501,
                                            "http1.method_too_long"};
inline constexpr FaultRow kUnsupportedVersion = {ErrorKind::kVersion, 505,
                                                 "http1.unsupported_version"};
inline constexpr FaultRow kUpgradeRequired = {ErrorKind::kVersion, 426, "http1.upgrade_required"};

// Host and authority.
inline constexpr FaultRow kMissingHost = BadMessage("http1.missing_host");
inline constexpr FaultRow kDuplicateHost = BadMessage("http1.duplicate_host");
inline constexpr FaultRow kInvalidHost = BadMessage("http1.invalid_host");
inline constexpr FaultRow kHostMismatch = BadMessage("http1.host_mismatch");

// Framing.
inline constexpr FaultRow kInvalidContentLength = BadMessage("http1.invalid_content_length");
inline constexpr FaultRow kDuplicateContentLength = BadMessage("http1.duplicate_content_length");
inline constexpr FaultRow kLengthAndChunked =
    BadMessage("http1.content_length_and_chunked_not_allowed");
inline constexpr FaultRow kInvalidTransferEncoding = BadMessage("http1.invalid_transfer_encoding");
inline constexpr FaultRow kTransferEncodingVersion =
    BadMessage("http1.transfer_encoding_not_allowed");
inline constexpr FaultRow kUnknownTransferCoding = {ErrorKind::kNotImplemented, 501,
                                                    "http1.unknown_transfer_coding"};
inline constexpr FaultRow kBodyDisallowed = BadMessage("http1.body_disallowed");

// Connection semantics.
inline constexpr FaultRow kConnectionRejected = BadMessage("http1.connection_header_rejected");
inline constexpr FaultRow kInvalidUpgrade = BadMessage("http1.invalid_upgrade");
inline constexpr FaultRow kExpectation = {ErrorKind::kProtocol, 417, "http1.expectation_failed"};

// The body.
inline constexpr FaultRow kInvalidChunkSize = BadMessage("http1.invalid_chunk_size");
inline constexpr FaultRow kInvalidChunkExtension = BadMessage("http1.invalid_chunk_extension");
inline constexpr FaultRow kChunkLineTooLong = BadMessage("http1.chunk_line_too_long");
inline constexpr FaultRow kInvalidChunkEnd = BadMessage("http1.invalid_chunk_end");
inline constexpr FaultRow kChunkOverhead = BadMessage("http1.excessive_chunk_overhead");
inline constexpr FaultRow kInvalidTrailers = BadMessage("http1.invalid_trailers");
inline constexpr FaultRow kTrailersTooLarge = {ErrorKind::kHeadTooLarge, 431,
                                               "http1.trailers_too_large"};

// Responses only.
inline constexpr FaultRow kTooManyInformational = BadMessage("http1.too_many_1xx");
inline constexpr FaultRow kUnexpectedUpgrade = BadMessage("http1.unexpected_101");
inline constexpr FaultRow kInvalidWebSocketAccept = BadMessage("http1.invalid_websocket_accept");
inline constexpr FaultRow kUnsolicited = BadMessage("http1.unsolicited_response");

}  // namespace fault

}  // namespace weir::http
