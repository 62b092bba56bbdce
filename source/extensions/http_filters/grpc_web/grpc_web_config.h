// GrpcWeb (protobuf), which has no settings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::grpc_web {

std::unique_ptr<filter::HttpFilterFactory> CreateFactory();

}  // namespace weir::extensions::grpc_web
