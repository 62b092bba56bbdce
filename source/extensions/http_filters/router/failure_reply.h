// What a client is told when its request got no response from upstream. A pure function: no state,
// no thread.
#pragma once

#include <string_view>

#include "source/filter/response_flags.h"
#include "source/http/stream_error.h"

namespace weir::extensions::router {

struct FailureReply {
  int status = 503;
  filter::ResponseFlag flag = filter::ResponseFlag::kUpstreamRemoteReset;
  std::string_view body;
};

FailureReply ReplyTo(const http::StreamError& error);

}  // namespace weir::extensions::router
