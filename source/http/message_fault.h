// Every reason for which the HTTP/1 codecs refuse a message, by name: the error it becomes, the
// status a request is answered with, and the detail that access logs show.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/http/stream_error.h"

namespace weir::http {

struct MessageFault {
  ErrorKind kind = ErrorKind::kNone;
  uint16_t status = 0;  // of the reply to a request; a response with a fault becomes a 502
  std::string_view detail;

  explicit operator bool() const { return kind != ErrorKind::kNone; }
  StreamError ToError(Side side) const { return {kind, side, false, detail}; }
};

namespace fault {

constexpr MessageFault BadMessage(std::string_view detail) {
  return {ErrorKind::kProtocol, 400, detail};
}

inline constexpr MessageFault kNone = {};

// Syntax of the head.
inline constexpr MessageFault kInvalidCharacters = BadMessage("http1.invalid_characters");
inline constexpr MessageFault kEmptyLines = BadMessage("http1.too_many_empty_lines");
inline constexpr MessageFault kFoldedField = BadMessage("http1.folded_field");
inline constexpr MessageFault kInvalidFieldName = BadMessage("http1.invalid_field_name");
inline constexpr MessageFault kUnderscore = BadMessage("http1.unexpected_underscore");
inline constexpr MessageFault kUnderscoreAlias = BadMessage("http1.underscore_alias");
inline constexpr MessageFault kHeadTooLarge = {ErrorKind::kHeadTooLarge, 431,
                                               "http1.headers_too_large"};
inline constexpr MessageFault kTooManyFields = {ErrorKind::kHeadTooLarge, 431,
                                                "http1.too_many_headers"};
inline constexpr MessageFault kUriTooLong = {ErrorKind::kUriTooLong, 414, "http1.uri_too_long"};

// The start line.
inline constexpr MessageFault kInvalidRequestLine = BadMessage("http1.invalid_request_line");
inline constexpr MessageFault kInvalidMethod = BadMessage("http1.invalid_method");
inline constexpr MessageFault kInvalidTarget = BadMessage("http1.invalid_url");
inline constexpr MessageFault kInvalidScheme = BadMessage("http1.invalid_scheme");
inline constexpr MessageFault kInvalidStatusLine = BadMessage("http1.invalid_status_line");
inline constexpr MessageFault kHttp2Preface = BadMessage("http1.http2_preface");
inline constexpr MessageFault kMethodTooLong = {ErrorKind::kNotImplemented, 501,
                                                "http1.method_too_long"};
inline constexpr MessageFault kUnsupportedVersion = {ErrorKind::kVersion, 505,
                                                     "http1.unsupported_version"};
inline constexpr MessageFault kUpgradeRequired = {ErrorKind::kVersion, 426,
                                                  "http1.upgrade_required"};

// Host and authority.
inline constexpr MessageFault kMissingHost = BadMessage("http1.missing_host");
inline constexpr MessageFault kDuplicateHost = BadMessage("http1.duplicate_host");
inline constexpr MessageFault kInvalidHost = BadMessage("http1.invalid_host");
inline constexpr MessageFault kHostMismatch = BadMessage("http1.host_mismatch");

// Framing.
inline constexpr MessageFault kInvalidContentLength = BadMessage("http1.invalid_content_length");
inline constexpr MessageFault kDuplicateContentLength =
    BadMessage("http1.duplicate_content_length");
inline constexpr MessageFault kLengthAndChunked =
    BadMessage("http1.content_length_and_chunked_not_allowed");
inline constexpr MessageFault kInvalidTransferEncoding =
    BadMessage("http1.invalid_transfer_encoding");
inline constexpr MessageFault kTransferEncodingVersion =
    BadMessage("http1.transfer_encoding_not_allowed");
inline constexpr MessageFault kUnknownTransferCoding = {ErrorKind::kNotImplemented, 501,
                                                        "http1.unknown_transfer_coding"};
inline constexpr MessageFault kBodyDisallowed = BadMessage("http1.body_disallowed");

// Connection semantics.
inline constexpr MessageFault kConnectionRejected = BadMessage("http1.connection_header_rejected");
inline constexpr MessageFault kInvalidUpgrade = BadMessage("http1.invalid_upgrade");
inline constexpr MessageFault kExpectation = {ErrorKind::kProtocol, 417,
                                              "http1.expectation_failed"};

// The body.
inline constexpr MessageFault kInvalidChunkSize = BadMessage("http1.invalid_chunk_size");
inline constexpr MessageFault kInvalidChunkExtension = BadMessage("http1.invalid_chunk_extension");
inline constexpr MessageFault kChunkLineTooLong = BadMessage("http1.chunk_line_too_long");
inline constexpr MessageFault kInvalidChunkEnd = BadMessage("http1.invalid_chunk_end");
inline constexpr MessageFault kChunkOverhead = BadMessage("http1.excessive_chunk_overhead");
inline constexpr MessageFault kInvalidTrailers = BadMessage("http1.invalid_trailers");
inline constexpr MessageFault kTrailersTooLarge = {ErrorKind::kHeadTooLarge, 431,
                                                   "http1.trailers_too_large"};

// Responses only.
inline constexpr MessageFault kTooManyInformational = BadMessage("http1.too_many_1xx");
inline constexpr MessageFault kUnexpectedUpgrade = BadMessage("http1.unexpected_101");
inline constexpr MessageFault kUnsolicited = BadMessage("http1.unsolicited_response");

}  // namespace fault

}  // namespace weir::http
