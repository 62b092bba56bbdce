// StatefulSession and StatefulSessionPerRoute (protobuf) → SessionSettings, and the factory that
// the registry lists.
#pragma once

#include <memory>

#include "source/filter/registry.h"

namespace weir::extensions::stateful_session {

std::unique_ptr<filter::HttpFilterFactory> CreateFactory();

}  // namespace weir::extensions::stateful_session
