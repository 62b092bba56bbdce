#include "source/admin/render_threads.h"

#include <pthread.h>

#include <utility>

namespace weir::admin {

RenderThreads::~RenderThreads() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_.clear();
  }
  for (Worker& worker : workers_) worker.thread.join();
}

void RenderThreads::Run(std::function<void()> render) {
  JoinDone();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(render));
    if (running_ == most_) return;
    ++running_;
  }
  Worker& worker = workers_.emplace_back();
  worker.thread = std::thread([this, &worker] { Work(worker); });
}

void RenderThreads::JoinDone() {
  workers_.remove_if([](Worker& worker) {
    if (!worker.is_done.load(std::memory_order_acquire)) return false;
    worker.thread.join();
    return true;
  });
}

void RenderThreads::Work(Worker& worker) {
  pthread_setname_np(pthread_self(), "admin_render");
  while (true) {
    std::function<void()> render;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (waiting_.empty()) {
        --running_;
        break;
      }
      render = std::move(waiting_.front());
      waiting_.pop_front();
    }
    render();
  }
  worker.is_done.store(true, std::memory_order_release);
}

}  // namespace weir::admin
