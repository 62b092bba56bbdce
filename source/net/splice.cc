#include "source/net/splice.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "source/net/connection.h"

namespace weir::net {
namespace {

constexpr int kMaxFillsPerTurn = 4;
// A fill below this has probably emptied the source; the event comes again if not.
constexpr size_t kShortFillBytes = 64 * 1024;

ssize_t SpliceSome(int from, int to, size_t bytes) {
  while (true) {
    const ssize_t moved =
        splice(from, nullptr, to, nullptr, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved >= 0 || errno != EINTR) return moved;
  }
}

// splice(2) has no MSG_NOSIGNAL. The signal is for the calling thread, so it is enough that this
// thread never takes it.
void BlockSigpipe() {
  thread_local bool is_blocked = false;
  if (is_blocked) return;
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  is_blocked = pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr) == 0;
}

}  // namespace

bool SplicePump::IsPossible(const Connection& source, const Connection& sink) {
  using State = Connection::State;
  return source.transport_ == nullptr && sink.transport_ == nullptr &&
         source.state_ == State::kOpen && sink.state_ == State::kOpen &&
         source.read_side_ == Connection::ReadSide::kOpen && source.unread_.empty() &&
         source.write_side_ != Connection::WriteSide::kFailed &&
         sink.write_side_ == Connection::WriteSide::kOpen && sink.output_.empty() &&
         source.read_pump_ == nullptr && sink.write_pump_ == nullptr;
}

std::unique_ptr<SplicePump> SplicePump::Start(Connection& source, Connection& sink) {
  if (!IsPossible(source, sink)) return nullptr;
  const PipePair pipe = PipePool::OfThread().Take();
  if (!pipe.is_open()) return nullptr;
  BlockSigpipe();
  return std::unique_ptr<SplicePump>(new SplicePump(source, sink, pipe));
}

SplicePump::SplicePump(Connection& source, Connection& sink, PipePair pipe)
    : source_(&source), sink_(&sink), pipe_(pipe) {
  source.read_pump_ = this;
  sink.write_pump_ = this;
}

void SplicePump::Stop() {
  if (source_ == nullptr) return;
  StopWaiting();
  source_->read_pump_ = nullptr;
  sink_->write_pump_ = nullptr;
  source_ = nullptr;
  Connection& sink = *std::exchange(sink_, nullptr);
  if (pipe_bytes_ > 0) SpillPipe(sink);
  if (pipe_bytes_ == 0) {
    PipePool::OfThread().Give(pipe_);
  } else {
    PipePool::Close(pipe_);
  }
}

void SplicePump::SpillPipe(Connection& sink) {
  while (pipe_bytes_ > 0) {
    char* room = sink.output_.Reserve(base::Buffer::kBlockBytes);
    const ssize_t count = read(pipe_.read_fd, room, base::Buffer::kBlockBytes);
    sink.output_.Commit(count > 0 ? static_cast<size_t>(count) : 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pipe_bytes_ -= static_cast<size_t>(count);
  }
  sink.loop_.AtTurnEnd(sink);
}

void SplicePump::OnSourceReadable() {
  for (int i = 0; i < kMaxFillsPerTurn; ++i) {
    if (!FillPipe()) return;
    const size_t filled_bytes = pipe_bytes_;
    if (!DrainPipe() || filled_bytes < kShortFillBytes) return;
  }
}

bool SplicePump::FillPipe() {
  const ssize_t moved = SpliceSome(source_->fd_, pipe_.write_fd, PipePool::kPipeBytes);
  if (moved > 0) {
    pipe_bytes_ += static_cast<size_t>(moved);
    source_->bytes_read_ += static_cast<uint64_t>(moved);
    return true;
  }
  if (moved < 0 && errno == EAGAIN) return false;
  const int error = moved < 0 ? errno : 0;
  Connection& source = *source_;
  Stop();
  if (error != 0) {
    source.ReadFailed(error);
  } else {
    source.EndOfInput();
  }
  return false;
}

bool SplicePump::DrainPipe() {
  while (pipe_bytes_ > 0) {
    const ssize_t moved = SpliceSome(pipe_.read_fd, sink_->fd_, pipe_bytes_);
    if (moved < 0 && errno != EAGAIN) {
      const int error = errno;
      Connection& sink = *sink_;
      Stop();
      sink.WriteFailed(error);
      return false;
    }
    if (moved <= 0) {
      WaitForSink();
      return false;
    }
    pipe_bytes_ -= static_cast<size_t>(moved);
    sink_->bytes_written_ += static_cast<uint64_t>(moved);
  }
  return true;
}

void SplicePump::WaitForSink() {
  if (is_waiting_) return;
  is_waiting_ = true;
  source_->PauseReading();
  sink_->WaitForRoom();
}

void SplicePump::StopWaiting() {
  if (!is_waiting_) return;
  is_waiting_ = false;
  sink_->write_blocked_ = false;
  sink_->StopWaitingForRoom();
  source_->ResumeReading();
}

void SplicePump::OnSinkWritable() {
  if (DrainPipe()) StopWaiting();
}

}  // namespace weir::net
