// A file that many threads append lines to and one thread, LineWriter's, writes.
//
// Each thread that calls Write collects its lines in a buffer of its own. A buffer that is full
// waits in a queue for the writer; what lies in the others is collected once a second. So lines of
// one thread keep their order, those of different threads mix in whole lines. Write never waits
// for the disk: when kMaxPendingBytes wait already, the line is dropped and counted.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/base/thread_slots.h"

namespace weir::base {

// What wakes the writer.
struct LineSignal {
  std::mutex mutex;
  std::condition_variable changed;
  bool has_full_buffer = false;
};

class LineFile {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;
  static constexpr size_t kMaxPendingBytes = 8 * 1024 * 1024;

  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // Any thread. `line` ends in '\n'. False when it was dropped.
  bool Write(std::string_view line);

  const std::string& path() const { return path_; }
  // Lines that never reached the file: the queue was full, or writing failed.
  uint64_t dropped_lines() const { return dropped_lines_.load(std::memory_order_relaxed); }

 private:
  friend class LineWriter;

  struct Slot {
    std::mutex mutex;  // of its thread and, once a second, the writer
    std::string lines;
  };

  LineFile(std::string path, std::shared_ptr<LineSignal> signal);

  // Below: the writer's thread, and Open before it sees the file.

  absl::Status Open();
  // Opens the path anew when another file, or none, lies there now, or when `always`.
  void OpenAgainIfMoved(bool always);
  // Puts what lies in the threads' buffers into the queue.
  void Collect();
  // Writes the queue; what the file does not take now stays.
  void WriteQueue();
  // Counts what is still there as dropped.
  void GiveUp();
  bool is_drained();

  Slot& SlotHere();
  // False when too much waits already; else leaves an empty buffer in `lines`.
  bool Enqueue(std::string& lines);
  // Takes away the front that the file took; false when the rest has to wait.
  bool WriteSome(std::string& lines);
  void Drop(std::string_view lines);
  void Report(const char* what, int error);

  const std::string path_;
  const std::shared_ptr<LineSignal> signal_;
  std::atomic<uint64_t> dropped_lines_{0};
  ThreadSlots slots_;  // of Slot

  std::mutex queue_mutex_;
  std::deque<std::string> queue_;
  std::vector<std::string> spare_;  // empty, with room: for the next full buffer's thread
  size_t pending_bytes_ = 0;        // in queue_ and writing_

  std::deque<std::string> writing_;
  int fd_ = -1;
  bool is_standard_ = false;  // standard output or error: never opened again
  // Else a write may wait for a reader: it is done in pieces that certainly fit.
  bool is_regular_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool has_failed_ = false;  // so that a full disk is reported once, not for every buffer
};

}  // namespace weir::base
