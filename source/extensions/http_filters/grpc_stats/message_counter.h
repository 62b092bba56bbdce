// Counts the messages of a gRPC body that comes in pieces: each is a flag, a length of four bytes
// (big endian), and as many bytes. Holds nothing but where it is: a length that is a lie costs
// nothing. One object a direction of a stream.
#pragma once

#include <cstdint>
#include <string_view>

#include "source/base/buffer.h"

namespace weir::extensions::grpc_stats {

class MessageCounter {
 public:
  // How many messages began in these bytes: a message counts when its length is known.
  uint64_t Add(std::string_view bytes);
  // Leaves the body as it is.
  uint64_t Add(base::Buffer& body);

 private:
  static constexpr uint8_t kPrefixBytes = 5;

  uint32_t length_ = 0;       // as far as its prefix was read; then what is missing of the message
  uint8_t prefix_bytes_ = 0;  // that were read
};

}  // namespace weir::extensions::grpc_stats
