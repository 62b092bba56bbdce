// Router (protobuf) → RouterSettings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::router {

std::unique_ptr<filter::HttpFilterFactory> CreateFactory();

}  // namespace weir::extensions::router
