#include "source/extensions/http_filters/router/failure_reply.h"

namespace weir::extensions::router {

using filter::ResponseFlag;
using http::ErrorKind;

namespace {

constexpr std::string_view kBefore = "upstream_reset_before_response_started{";
constexpr std::string_view kAfter = "upstream_reset_after_response_started{";

// In braces, with the closing one; empty when the details are none of a reset.
std::string_view ReasonOf(const http::StreamError& error) {
  if (error.detail.starts_with(kBefore)) return error.detail.substr(kBefore.size());
  if (error.side != http::Side::kUpstream) return {};
  if (error.kind == ErrorKind::kPeerReset) return "remote_reset}";
  if (error.kind == ErrorKind::kRefused) return "remote_refused_stream_reset}";
  return {};
}

}  // namespace

std::string_view FailureDetails(const http::StreamError& error, bool response_started,
                                base::Arena& arena) {
  const std::string_view reason = ReasonOf(error);
  if (reason.empty()) return error.detail;
  return arena.Join(response_started ? kAfter : kBefore, reason);
}

std::optional<http::GrpcStatus> GrpcStatusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kPeerClosed:
      return http::GrpcStatus::kUnavailable;
    case ErrorKind::kTimeout:
    case ErrorKind::kPerTryTimeout:
      return http::GrpcStatus::kDeadlineExceeded;
    default:
      return std::nullopt;
  }
}

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
    case ErrorKind::kDropped:
      return {503, flag, "drop overload"};
    default:
      break;
  }
  if (flag == ResponseFlag::kUpstreamProtocolError) {
    return {502, flag, "upstream sent an invalid response"};
  }
  return {503, flag, "upstream connect error or disconnect/reset before headers"};
}

}  // namespace weir::extensions::router
