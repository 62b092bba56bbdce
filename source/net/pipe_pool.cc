#include "source/net/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

namespace weir::net {

PipePool::~PipePool() {
  for (const PipePair& pipe : kept_) Close(pipe);
}

PipePool& PipePool::OfThread() {
  thread_local PipePool pool;
  return pool;
}

PipePair PipePool::Take() {
  if (!kept_.empty()) {
    const PipePair pipe = kept_.back();
    kept_.pop_back();
    return pipe;
  }
  int fds[2];
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return {};
  // Best effort: without it a pipe holds 16 segments, which works, but takes more calls.
  fcntl(fds[1], F_SETPIPE_SZ, kPipeBytes);
  return {fds[0], fds[1]};
}

void PipePool::Give(PipePair pipe) {
  if (kept_.size() >= kMaxKept) return Close(pipe);
  kept_.push_back(pipe);
}

void PipePool::Close(PipePair pipe) {
  close(pipe.read_fd);
  close(pipe.write_fd);
}

}  // namespace weir::net
