#include "source/clusters/message_hash.h"

#include "source/balancing/hash.h"
#include "source/config/canonical_bytes.h"

namespace weir::clusters {

uint64_t HashMessage(const google::protobuf::Message& message) {
  return balancing::XxHash64(config::CanonicalBytes(message));
}

}  // namespace weir::clusters
