// TlsInspector (protobuf) → TlsInspectorSettings, and the factory that the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::tls_inspector {

std::unique_ptr<filter::ListenerFilterFactory> CreateFactory();

}  // namespace weir::extensions::tls_inspector
