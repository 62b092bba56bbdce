#include "source/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir::base::internal {

// Not through the log: it may be what failed, and it allocates.
void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace weir::base::internal
