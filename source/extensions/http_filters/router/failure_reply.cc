#include "source/extensions/http_filters/router/failure_reply.h"

namespace weir::extensions::router {

using filter::ResponseFlag;
using http::ErrorKind;

FailureReply ReplyTo(const http::StreamError& error) {
  ResponseFlag flag = ResponseFlag::kUpstreamRemoteReset;
  filter::FlagOf(error, flag);
  switch (error.kind) {
    case ErrorKind::kTimeout:
    case ErrorKind::kPerTryTimeout:
      return {504, flag, "upstream request timeout"};
    case ErrorKind::kNoHost:
      return {503, flag, "no healthy upstream"};
    case ErrorKind::kOverflow:
      return {503, flag, "upstream overloaded"};
    default:
      break;
  }
  if (flag == ResponseFlag::kUpstreamProtocolError) {
    return {502, flag, "upstream sent an invalid response"};
  }
  return {503, flag, "upstream connect error or disconnect/reset before headers"};
}

}  // namespace weir::extensions::router
