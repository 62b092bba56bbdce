// OriginalDst (protobuf), which has no settings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::original_dst {

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory();

}  // namespace weir::extensions::original_dst
