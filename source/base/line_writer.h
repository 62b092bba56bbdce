// The thread that writes LineFiles, so that no worker ever waits for a disk.
//
//   base::LineWriter writer;
//   auto file = writer.Open("/var/log/access.log");  // kUnavailable when it cannot be opened
//   (*file)->Write("GET / 200\n");                   // any thread
//
// Full buffers are written at once, the rest once a second; moved files are noticed then, too.
// One file a path, however often it is opened; it is closed, everything written, after its last
// user is gone. Destroying the writer writes what there is, for kFlushPatience at most, and ends
// the thread; files that outlive it drop their lines.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "source/base/line_file.h"

namespace weir::base {

class LineWriter {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  static constexpr absl::Duration kFlushPatience = absl::Seconds(5);

  LineWriter();
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // /dev/stdout and /dev/stderr are the process's own streams. Any thread.
  absl::StatusOr<std::shared_ptr<LineFile>> Open(const std::string& path);
  // Opens every file anew, as after SIGUSR1. Any thread; done within the next second at the latest.
  void Reopen();
  // Waits until what was written before has left for the files, kFlushPatience at most; false when
  // a file does not take it. Any thread but the writer's.
  bool Flush();

 private:
  void Run();
  // Waits for something to do; true when it is time for everything, not only for full buffers.
  bool Wait();
  void Turn(bool everything);
  void ForgetUnused();
  bool HasRest();
  std::shared_ptr<LineFile> Find(const std::string& path) const;

  // Shared with the files, which may outlive the writer.
  const std::shared_ptr<LineSignal> signal_ = std::make_shared<LineSignal>();
  std::chrono::system_clock::time_point next_round_;  // thread_'s

  // Under signal_->mutex.
  std::vector<std::shared_ptr<LineFile>> files_;
  bool is_stopping_ = false;
  bool wants_reopen_ = false;
  uint64_t flushes_wanted_ = 0, flushes_done_ = 0;
  std::condition_variable flushed_;

  std::thread thread_;
};

}  // namespace weir::base
