// Says in the log that a certificate is about to end: once when it has 30 days left, then 7, 1,
// none. A proxy serves on with one that has expired, and its peers refuse it; who reads no metrics
// shall hear of it before. Main thread.
#pragma once

#include <cstddef>
#include <optional>

#include "source/tls/certificate_registry.h"

namespace weir::tls {

class ExpiryAlarm {
 public:
  // Now and then, with the first certificate to expire. True: it spoke.
  bool Look(const std::optional<FirstToExpire>& first);

 private:
  size_t level_ = 0;  // how many thresholds are passed; fewer again once it is renewed
};

}  // namespace weir::tls
