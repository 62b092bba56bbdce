// What a client is told when its request got no response from upstream, and the access log of any
// failure there. Pure functions: no state, no thread.
#pragma once

#include <optional>
#include <string_view>

#include "source/base/arena.h"
#include "source/filter/response_flags.h"
#include "source/http/grpc.h"
#include "source/http/stream_error.h"

namespace weir::extensions::router {

struct FailureReply {
  int status = 503;
  filter::ResponseFlag flag = filter::ResponseFlag::kUpstreamRemoteReset;
  std::string_view body;
};

FailureReply ReplyTo(const http::StreamError& error);

// What a call of gRPC ends with when it happens in the middle of the response; none: not known.
std::optional<http::GrpcStatus> GrpcStatusOf(http::ErrorKind kind);

// What the access log says of it: resets and losses in Envoy's words, by when they happened, as in
// "upstream_reset_before_response_started{remote_reset}". Anything else as it is.
std::string_view FailureDetails(const http::StreamError& error, bool response_started,
                                base::Arena& arena);

}  // namespace weir::extensions::router
