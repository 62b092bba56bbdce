// A thread for work on files that would keep a loop from turning: reading and parsing big ones,
// waiting for a disk. Pieces of work run one after another, in the order of Run(); what each of
// them returns runs on the loop afterwards.
//
//   thread.Run([path]() -> FileThread::Answer {
//     auto read = std::make_unique<Content>(ReadIt(path));              // on the thread
//     return [read = std::move(read), self] { …self, if it is alive… }; // on the loop
//   });
//
// The thread begins with the first work. Used from the loop's thread only; ends before the loop,
// and after whoever has work on it or is content with not hearing of it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "source/event/loop.h"

namespace weir::xds::files {

class FileThread {
 public:
  using Answer = absl::AnyInvocable<void()>;
  // It may return an empty answer.
  using Work = absl::AnyInvocable<Answer()>;

  explicit FileThread(event::Loop& loop) : loop_(loop) {}
  // Waits for the piece that is running; those that wait are dropped.
  ~FileThread();
  FileThread(const FileThread&) = delete;
  FileThread& operator=(const FileThread&) = delete;

  void Run(Work work);
  // Waits until there is nothing left to do. Answers wait on the loop.
  void Finish();

 private:
  void Begin();
  void WorkOff();

  event::Loop& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  bool is_busy_ = false;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace weir::xds::files
