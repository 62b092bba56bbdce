// Which of Weir's threads is running: an index small enough to address per-thread arrays.
// 0 is the main thread, 1..N are workers; every other thread (admin, gRPC's, writers) has
// kNoThread and owns no per-thread state.
#pragma once

namespace weir::base {

inline constexpr int kMainThread = 0;
inline constexpr int kNoThread = -1;
// Main and at most 128 workers: the bound of --concurrency.
inline constexpr int kMaxThreads = 129;

int ThreadIndex();
void SetThreadIndex(int index);

}  // namespace weir::base
