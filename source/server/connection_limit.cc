#include "source/server/connection_limit.h"

#include <sys/resource.h>

namespace weir::server {

uint64_t ConnectionLimit::OfProcess() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur / 2;
}

}  // namespace weir::server
