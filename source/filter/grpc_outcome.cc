// Tested by test/filter/substitution_format_test.cc and access_log_parser_test.cc
#include "source/filter/grpc_outcome.h"

namespace weir::filter {

bool IsGrpcStream(const StreamInfo& info) {
  return info.request != nullptr && http::IsGrpc(*info.request);
}

std::optional<http::GrpcStatus> GrpcStatusOf(const StreamInfo& info) {
  if (info.grpc_status.has_value()) return info.grpc_status;
  if (info.response_trailers != nullptr) {
    if (const auto status = http::FindGrpcStatus(*info.response_trailers)) return status;
  }
  if (info.response != nullptr) {
    if (const auto status = http::FindGrpcStatus(info.response->headers)) return status;
  }
  if (info.response_code == 0) return std::nullopt;
  return http::GrpcStatusOfHttp(info.response_code);
}

}  // namespace weir::filter
