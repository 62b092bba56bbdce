// Pipes for splice(2), kept by each thread: making one costs four system calls.
//
// A pipe that is given back is empty. At most kMaxKept idle pairs stay; what a thread keeps is
// closed when it ends.
#pragma once

#include <cstddef>
#include <vector>

namespace weir::net {

struct PipePair {
  int read_fd = -1;
  int write_fd = -1;
  bool is_open() const { return read_fd >= 0; }
};

class PipePool {
 public:
  static constexpr size_t kMaxKept = 32;
  // What we ask for; the kernel gives less to an unprivileged user who has many.
  static constexpr int kPipeBytes = 256 * 1024;

  PipePool() = default;
  ~PipePool();
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  // The calling thread's pool.
  static PipePool& OfThread();

  // Not open when no descriptors are left.
  PipePair Take();
  void Give(PipePair pipe);
  // For a pipe that still has bytes in it.
  static void Close(PipePair pipe);
  size_t kept() const { return kept_.size(); }

 private:
  std::vector<PipePair> kept_;
};

}  // namespace weir::net
