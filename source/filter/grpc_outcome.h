// How a gRPC call went, as access logs tell it. Pure functions.
#pragma once

#include <optional>

#include "source/filter/stream_info.h"
#include "source/http/grpc.h"

namespace weir::filter {

bool IsGrpcStream(const StreamInfo& info);

// grpc-status of the trailers, else of the head, else what the response code stands for. None while
// there is no response.
std::optional<http::GrpcStatus> GrpcStatusOf(const StreamInfo& info);

}  // namespace weir::filter
