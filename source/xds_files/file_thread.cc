#include "source/xds_files/file_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace weir::xds::files {

FileThread::~FileThread() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void FileThread::Run(Work work) {
  if (!thread_.joinable()) Begin();
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back(std::move(work));
  changed_.notify_all();
}

void FileThread::Finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !is_busy_; });
}

void FileThread::Begin() {
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { WorkOff(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void FileThread::WorkOff() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    if (ends_) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    is_busy_ = true;
    lock.unlock();
    if (Answer answer = work()) loop_.Post(std::move(answer));
    work = nullptr;  // what it holds ends here, outside the lock
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace weir::xds::files
