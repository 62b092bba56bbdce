#include "source/base/line_writer.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir::base {

namespace {

// std::condition_variable on the system's clock: a step of it moves one turn, nothing else.
std::chrono::system_clock::time_point After(absl::Duration duration) {
  return std::chrono::system_clock::now() + absl::ToChronoMilliseconds(duration);
}

}  // namespace

LineWriter::LineWriter() {
  // Signals are the main thread's; a broken pipe is an error of write(), not a signal.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWriter::~LineWriter() {
  Flush();
  {
    std::lock_guard<std::mutex> lock(signal_->mutex);
    is_stopping_ = true;
    signal_->changed.notify_one();
  }
  thread_.join();
  for (const std::shared_ptr<LineFile>& file : files_) file->GiveUp();
}

absl::StatusOr<std::shared_ptr<LineFile>> LineWriter::Open(const std::string& path) {
  std::unique_lock<std::mutex> lock(signal_->mutex);
  if (auto found = Find(path)) return found;
  // Workers take this mutex, too: they must not wait for the disk.
  lock.unlock();
  std::shared_ptr<LineFile> file(new LineFile(path, signal_));
  if (const absl::Status status = file->Open(); !status.ok()) return status;
  lock.lock();
  if (auto found = Find(path)) return found;
  files_.push_back(file);
  // The thread sleeps without end while there is no file.
  signal_->changed.notify_one();
  return file;
}

std::shared_ptr<LineFile> LineWriter::Find(const std::string& path) const {
  for (const std::shared_ptr<LineFile>& file : files_) {
    if (file->path() == path) return file;
  }
  return nullptr;
}

void LineWriter::Reopen() {
  std::lock_guard<std::mutex> lock(signal_->mutex);
  wants_reopen_ = true;
  signal_->changed.notify_one();
}

bool LineWriter::Flush() {
  std::unique_lock<std::mutex> lock(signal_->mutex);
  const auto deadline = After(kFlushPatience);
  do {
    const uint64_t ticket = ++flushes_wanted_;
    signal_->changed.notify_one();
    while (flushes_done_ < ticket) {
      if (flushed_.wait_until(lock, deadline) == std::cv_status::timeout) return false;
    }
    if (!HasRest()) return true;
  } while (std::chrono::system_clock::now() < deadline);
  return false;
}

bool LineWriter::HasRest() {
  return std::any_of(files_.begin(), files_.end(),
                     [](const auto& file) { return !file->is_drained(); });
}

void LineWriter::Run() {
  while (true) {
    const bool everything = Wait();
    std::unique_lock<std::mutex> lock(signal_->mutex);
    if (is_stopping_) return;
    const uint64_t ticket = flushes_wanted_;
    lock.unlock();
    Turn(everything);
    lock.lock();
    if (!everything) continue;
    flushes_done_ = ticket;
    flushed_.notify_all();
  }
}

bool LineWriter::Wait() {
  std::unique_lock<std::mutex> lock(signal_->mutex);
  while (!is_stopping_ && !wants_reopen_ && flushes_done_ == flushes_wanted_) {
    if (files_.empty()) {
      signal_->changed.wait(lock);
      next_round_ = After(kInterval);
      continue;
    }
    // First, so that a file which is always busy does not keep the others' lines waiting.
    if (std::chrono::system_clock::now() >= next_round_) break;
    if (std::exchange(signal_->has_full_buffer, false)) return false;
    signal_->changed.wait_until(lock, next_round_);
  }
  next_round_ = After(kInterval);
  return true;
}

void LineWriter::Turn(bool everything) {
  std::vector<std::shared_ptr<LineFile>> files;
  bool reopens;
  {
    std::lock_guard<std::mutex> lock(signal_->mutex);
    files = files_;
    reopens = everything && std::exchange(wants_reopen_, false);
  }
  for (const std::shared_ptr<LineFile>& file : files) {
    if (everything) {
      // What was written before a move belongs to the old file.
      file->Collect();
      file->WriteQueue();
      file->OpenAgainIfMoved(reopens);
    } else {
      file->WriteQueue();
    }
  }
  files.clear();
  if (everything) ForgetUnused();
}

void LineWriter::ForgetUnused() {
  std::lock_guard<std::mutex> lock(signal_->mutex);
  const auto is_unused = [](const std::shared_ptr<LineFile>& file) {
    if (file.use_count() != 1) return false;
    // Nobody can write any more, but somebody may have since the last collection.
    file->Collect();
    return file->is_drained();
  };
  files_.erase(std::remove_if(files_.begin(), files_.end(), is_unused), files_.end());
}

}  // namespace weir::base
