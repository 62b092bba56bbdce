#include "source/base/thread.h"

#include "source/base/check.h"

namespace weir::base {
namespace {
constinit thread_local int thread_index = kNoThread;
}  // namespace

int ThreadIndex() { return thread_index; }

void SetThreadIndex(int index) {
  WEIR_CHECK(index >= kNoThread && index < kMaxThreads);
  thread_index = index;
}

}  // namespace weir::base
