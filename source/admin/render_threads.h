// The threads on which replies are rendered: a thread for each render, at most so many at a time;
// what comes on top waits its turn. Nobody waits for a render but the destructor: a thread that is
// done is joined when the next one starts, which does not block.
//
// Admin thread, which owns it; renders run on its threads.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace weir::admin {

class RenderThreads {
 public:
  explicit RenderThreads(size_t most) : most_(most) {}
  // Waits for the renders that run; those that have not begun are dropped.
  ~RenderThreads();
  RenderThreads(const RenderThreads&) = delete;
  RenderThreads& operator=(const RenderThreads&) = delete;

  void Run(std::function<void()> render);

 private:
  struct Worker {
    std::thread thread;
    std::atomic<bool> is_done{false};
  };

  void JoinDone();
  void Work(Worker& worker);

  const size_t most_;
  std::list<Worker> workers_;  // their addresses are the threads'
  std::mutex mutex_;
  std::deque<std::function<void()>> waiting_;
  size_t running_ = 0;
};

}  // namespace weir::admin
