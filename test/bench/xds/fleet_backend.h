// All endpoints of a fleet in one: listens on every address of this host and answers each request
// with 200 and, as the body, the address it came to. A thread of its own that lasts as long as the
// process.
#pragma once

#include <cstdint>

namespace weir::bench {

// Returns its port.
uint16_t StartFleetBackend();

}  // namespace weir::bench
