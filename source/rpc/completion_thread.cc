#include "source/rpc/completion_thread.h"

#include <grpcpp/completion_queue.h>
#include <pthread.h>

#include <utility>

#include "source/base/thread.h"
#include "source/rpc/grpc_log.h"

#ifdef WEIR_SANITIZE_THREAD
// Templates that gRPC uses, its own and abseil's, are compiled, and watched, with our code, but the
// locks of its libraries that order what they do are not seen.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:grpc::internal::CallOpSet\nrace:grpc_event_engine::\nrace:grpc_core::\n";
}
#endif

namespace weir::rpc {

CompletionThread::CompletionThread(std::unique_ptr<grpc::CompletionQueue> queue)
    : queue_(std::move(queue)), thread_([this] { Run(); }) {}

CompletionThread::~CompletionThread() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    all_closed_.wait(lock, [this] { return open_calls_ == 0; });
  }
  queue_->Shutdown();
  thread_.join();
}

std::shared_ptr<CompletionThread> CompletionThread::Shared() {
  static std::mutex& mutex = *new std::mutex();
  static auto& shared = *new std::weak_ptr<CompletionThread>();
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<CompletionThread> thread = shared.lock();
  if (thread == nullptr) {
    RouteGrpcLog();
    thread = std::make_shared<CompletionThread>(std::make_unique<grpc::CompletionQueue>());
    shared = thread;
  }
  return thread;
}

void CompletionThread::CallOpened() {
  std::lock_guard<std::mutex> lock(mutex_);
  ++open_calls_;
}

void CompletionThread::CallClosed() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (--open_calls_ == 0) all_closed_.notify_all();
}

void CompletionThread::Run() {
  base::SetThreadIndex(base::kNoThread);
  pthread_setname_np(pthread_self(), "weir-grpc");
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<Operation*>(tag)->Complete(ok);
}

}  // namespace weir::rpc
