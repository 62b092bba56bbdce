// HttpConnectionManager (protobuf) → HcmConfig, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::http_connection_manager {

std::unique_ptr<filter::NetworkFilterFactory> CreateFactory();

}  // namespace weir::extensions::http_connection_manager
