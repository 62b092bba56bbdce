// FilterConfig (protobuf) → GrpcStatsSettings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::grpc_stats {

std::unique_ptr<filter::HttpFilterFactory> CreateFactory();

}  // namespace weir::extensions::grpc_stats
