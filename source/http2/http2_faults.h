// Why the HTTP/2 codecs refuse a head, by name (http/message_fault.h says what a row is).
#pragma once

#include "source/http/message_fault.h"

namespace weir::http2::fault {

using http::ErrorKind;
using http::FaultRow;

constexpr FaultRow BadMessage(std::string_view detail) {
  return {ErrorKind::kProtocol, 400, detail};
}

inline constexpr FaultRow kHeadTooLarge = {ErrorKind::kHeadTooLarge, 431,
                                           "http2.headers_too_large"};
inline constexpr FaultRow kTooManyFields = {ErrorKind::kHeadTooLarge, 431,
                                            "http2.too_many_headers"};
inline constexpr FaultRow kUriTooLong = {ErrorKind::kUriTooLong, 414, "http2.uri_too_long"};
inline constexpr FaultRow kInvalidFieldName = BadMessage("http2.invalid_field_name");
inline constexpr FaultRow kInvalidFieldValue = BadMessage("http2.invalid_field_value");
inline constexpr FaultRow kUnderscore = BadMessage("http2.unexpected_underscore");
inline constexpr FaultRow kUnderscoreAlias = BadMessage("http2.underscore_alias");
inline constexpr FaultRow kInvalidMethod = BadMessage("http2.invalid_method");
inline constexpr FaultRow kInvalidPath = BadMessage("http2.invalid_path");
inline constexpr FaultRow kInvalidScheme = BadMessage("http2.invalid_scheme");
inline constexpr FaultRow kInvalidAuthority = BadMessage("http2.invalid_authority");
inline constexpr FaultRow kHostMismatch = BadMessage("http2.host_mismatch");
inline constexpr FaultRow kMissingHost = BadMessage("http2.missing_host");
inline constexpr FaultRow kInvalidContentLength = BadMessage("http2.invalid_content_length");
inline constexpr FaultRow kInvalidStatus = BadMessage("http2.invalid_status");
inline constexpr FaultRow kTooManyInformational = BadMessage("http2.too_many_1xx");
inline constexpr FaultRow kUnexpectedTunnel = BadMessage("http2.unexpected_upgrade");
inline constexpr FaultRow kMessaging = BadMessage("http2.violation.of.messaging.rule");
inline constexpr FaultRow kExpectation = {ErrorKind::kProtocol, 417, "http2.expectation_failed"};

}  // namespace weir::http2::fault
