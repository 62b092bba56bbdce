// A hash of what a protobuf message says: equal messages, equal hashes, on one build. 64 bits, so
// that two definitions of one resource never collide in practice. No thread, no state.
#pragma once

#include <cstdint>

#include "google/protobuf/message.h"

namespace weir::clusters {

uint64_t HashMessage(const google::protobuf::Message& message);

}  // namespace weir::clusters
