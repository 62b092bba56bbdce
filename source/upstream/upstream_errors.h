// Why a request got no upstream stream, as this folder says it. Nothing of the request was sent.
#pragma once

#include "source/http/stream_error.h"

namespace weir::upstream {

inline constexpr http::StreamError kNoHostError{http::ErrorKind::kNoHost, http::Side::kUpstream,
                                                true, "no_healthy_upstream"};
inline constexpr http::StreamError kDroppedError{http::ErrorKind::kDropped, http::Side::kUpstream,
                                                 false, "drop_overload"};
inline constexpr http::StreamError kOverflowError{
    http::ErrorKind::kOverflow, http::Side::kUpstream, true,
    "upstream_reset_before_response_started{overflow}"};
inline constexpr http::StreamError kConnectFailedError{
    http::ErrorKind::kConnectFailed, http::Side::kUpstream, true,
    "upstream_reset_before_response_started{remote_connection_failure}"};
inline constexpr http::StreamError kConnectTimeoutError{
    http::ErrorKind::kConnectTimeout, http::Side::kUpstream, true,
    "upstream_reset_before_response_started{connection_timeout}"};

}  // namespace weir::upstream
