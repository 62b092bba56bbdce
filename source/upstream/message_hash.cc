#include "source/upstream/message_hash.h"

#include <xxhash.h>

#include <string>

#include "source/config/canonical_bytes.h"

namespace weir::upstream {

uint64_t HashMessage(const google::protobuf::Message& message) {
  const std::string bytes = config::CanonicalBytes(message);
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace weir::upstream
