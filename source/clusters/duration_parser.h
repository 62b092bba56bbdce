// google.protobuf.Duration → whole milliseconds, rounded up so that a short one does not become 0.
#pragma once

#include <cstdint>

#include "google/protobuf/duration.pb.h"

namespace weir::clusters {

inline int64_t ParseMs(const google::protobuf::Duration& proto) {
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // 10,000 years, protobuf's own bound
  const int64_t seconds = proto.seconds() > kMaxSeconds ? kMaxSeconds : proto.seconds();
  return seconds * 1000 + (proto.nanos() + (proto.nanos() > 0 ? 999'999 : 0)) / 1'000'000;
}

}  // namespace weir::clusters
