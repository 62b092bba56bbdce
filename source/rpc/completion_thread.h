// The thread that takes what gRPC has completed and hands it to the operation that asked for it.
//
// Every operation in flight is a tag in a completion queue. A call counts as open from its start
// until its status is known; the destructor waits for open calls (their owners have cancelled
// them), drains the queue and joins, so no gRPC work of ours outlives it. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace grpc {
class CompletionQueue;
}

namespace weir::rpc {

// What a completion queue's tag points to.
class Operation {
 public:
  // The tag to start the operation with. What was written before is seen by OnComplete: gRPC
  // orders the two anyway, the atomic says so in a way that tools understand.
  void* Tag() {
    is_started_.store(true, std::memory_order_release);
    return this;
  }
  void Complete(bool ok) {
    is_started_.load(std::memory_order_acquire);
    OnComplete(ok);
  }

 protected:
  ~Operation() = default;
  // On the completion thread, once for each time that the operation was started.
  virtual void OnComplete(bool ok) = 0;

 private:
  std::atomic<bool> is_started_{false};
};

class CompletionThread {
 public:
  explicit CompletionThread(std::unique_ptr<grpc::CompletionQueue> queue);
  ~CompletionThread();
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;

  // The one that all client calls of the process share; it ends with its last owner.
  static std::shared_ptr<CompletionThread> Shared();

  grpc::CompletionQueue& queue() { return *queue_; }

  void CallOpened();
  void CallClosed();

 private:
  void Run();

  const std::unique_ptr<grpc::CompletionQueue> queue_;
  std::mutex mutex_;
  std::condition_variable all_closed_;
  int open_calls_ = 0;
  std::thread thread_;
};

}  // namespace weir::rpc
