// Tested by test/base/line_writer_test.cc

#include "source/base/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::base {

namespace {

constexpr size_t kMaxSpare = 4;
// What a pipe whose reader is slow may hold up the other files.
constexpr int kPatienceMs = 50;

int StandardStream(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  return -1;
}

}  // namespace

LineFile::LineFile(std::string path, std::shared_ptr<LineSignal> signal)
    : path_(std::move(path)), signal_(std::move(signal)) {}

LineFile::~LineFile() {
  slots_.ForEach([](void* slot) { delete static_cast<Slot*>(slot); });
  if (fd_ >= 0) close(fd_);
}

bool LineFile::Write(std::string_view line) {
  Slot& slot = SlotHere();
  std::lock_guard<std::mutex> lock(slot.mutex);
  const bool is_full = !slot.lines.empty() && slot.lines.size() + line.size() > kBufferBytes;
  if (is_full) {
    if (!Enqueue(slot.lines)) {
      dropped_lines_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    std::lock_guard<std::mutex> signal_lock(signal_->mutex);
    signal_->has_full_buffer = true;
    signal_->changed.notify_one();
  }
  slot.lines += line;
  return true;
}

LineFile::Slot& LineFile::SlotHere() {
  ThreadSlots::Slot& place = slots_.Here();
  void* found = place.load(std::memory_order_acquire);
  if (found != nullptr) return *static_cast<Slot*>(found);
  auto made = std::make_unique<Slot>();
  // Threads without an index share a place.
  if (!place.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel)) {
    return *static_cast<Slot*>(found);
  }
  return *made.release();
}

bool LineFile::Enqueue(std::string& lines) {
  std::lock_guard<std::mutex> lock(queue_mutex_);
  if (pending_bytes_ + lines.size() > kMaxPendingBytes) return false;
  pending_bytes_ += lines.size();
  queue_.push_back(std::move(lines));
  lines = std::string();
  if (spare_.empty()) return true;
  lines = std::move(spare_.back());
  spare_.pop_back();
  return true;
}

absl::Status LineFile::Open() {
  const int standard = StandardStream(path_);
  is_standard_ = standard >= 0;
  // O_NONBLOCK: a pipe that nobody reads is an error here, not an endless wait.
  fd_ = is_standard_ ? fcntl(standard, F_DUPFD_CLOEXEC, 0)
                     : open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                            S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (fd_ < 0) {
    return absl::UnavailableError(StrCat("cannot open ", path_, ": ", std::strerror(errno)));
  }
  struct stat found;
  if (fstat(fd_, &found) == 0) {
    is_regular_ = S_ISREG(found.st_mode);
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
  return absl::OkStatus();
}

void LineFile::OpenAgainIfMoved(bool always) {
  if (is_standard_) return;
  struct stat found;
  if (!always && stat(path_.c_str(), &found) == 0 && found.st_dev == device_ &&
      found.st_ino == inode_) {
    return;
  }
  const int old = std::exchange(fd_, -1);
  if (Open().ok()) {
    close(old);
    return;
  }
  // The old file still takes lines; the next second tries again.
  Report("cannot be opened again", errno);
  fd_ = old;
}

void LineFile::Collect() {
  slots_.ForEach([this](void* pointer) {
    Slot& slot = *static_cast<Slot*>(pointer);
    std::lock_guard<std::mutex> lock(slot.mutex);
    // A queue that is full keeps the buffer where it is.
    if (!slot.lines.empty()) Enqueue(slot.lines);
  });
}

void LineFile::WriteQueue() {
  {
    std::lock_guard<std::mutex> lock(queue_mutex_);
    std::move(queue_.begin(), queue_.end(), std::back_inserter(writing_));
    queue_.clear();
  }
  while (!writing_.empty()) {
    const size_t size = writing_.front().size();
    const bool is_done = WriteSome(writing_.front());
    std::lock_guard<std::mutex> lock(queue_mutex_);
    pending_bytes_ -= size - writing_.front().size();
    if (!is_done) return;
    if (spare_.size() < kMaxSpare) spare_.push_back(std::move(writing_.front()));
    writing_.pop_front();
  }
}

bool LineFile::WriteSome(std::string& lines) {
  size_t at = 0;
  while (at < lines.size()) {
    size_t size = lines.size() - at;
    if (!is_regular_) {
      // A pipe that polls writable takes PIPE_BUF bytes at once (POSIX write()).
      pollfd writable = {fd_, POLLOUT, 0};
      if (poll(&writable, 1, kPatienceMs) == 0) break;
      size = std::min<size_t>(size, PIPE_BUF);
    }
    const ssize_t written = write(fd_, lines.data() + at, size);
    if (written > 0) {
      at += static_cast<size_t>(written);
      has_failed_ = false;
    } else if (written < 0 && errno == EAGAIN) {
      break;
    } else if (written < 0 && errno != EINTR) {
      Report("cannot be written to", errno);
      Drop(std::string_view(lines).substr(at));
      at = lines.size();
    }
  }
  lines.erase(0, at);
  return lines.empty();
}

void LineFile::GiveUp() {
  std::lock_guard<std::mutex> lock(queue_mutex_);
  for (const std::string& lines : writing_) Drop(lines);
  for (const std::string& lines : queue_) Drop(lines);
  writing_.clear();
  queue_.clear();
  pending_bytes_ = 0;
}

bool LineFile::is_drained() {
  std::lock_guard<std::mutex> lock(queue_mutex_);
  return queue_.empty() && writing_.empty();
}

void LineFile::Drop(std::string_view lines) {
  dropped_lines_.fetch_add(static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n')),
                           std::memory_order_relaxed);
}

void LineFile::Report(const char* what, int error) {
  if (std::exchange(has_failed_, true)) return;
  WEIR_LOG(kError, "access_log", path_, " ", what, ": ", std::strerror(error));
}

}  // namespace weir::base
