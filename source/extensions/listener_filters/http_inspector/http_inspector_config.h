// HttpInspector (protobuf), which has no settings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::http_inspector {

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory();

}  // namespace weir::extensions::http_inspector
