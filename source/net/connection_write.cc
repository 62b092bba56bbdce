// How a connection writes: once a turn, waiting for room only after the kernel had none.
#include <sys/socket.h>

#include <cerrno>

#include "source/base/check.h"
#include "source/net/connection.h"
#include "source/net/splice.h"

namespace weir::net {
namespace {

constexpr int kMaxVectors = 16;
constexpr int kMaxWritesPerTurn = 4;
// A turn that produces more than one gathered write can take does not wait for its end.
constexpr size_t kEagerFlushBytes = kMaxVectors * base::Buffer::kBlockBytes;

IoResult Send(int fd, iovec* vectors, int count, size_t gathered_bytes) {
  while (true) {
    ssize_t sent;
    if (count == 1) {
      sent = send(fd, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message = {};
      message.msg_iov = vectors;
      message.msg_iovlen = static_cast<size_t>(count);
      sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    }
    if (sent >= 0) {
      const auto bytes = static_cast<size_t>(sent);
      // A short write is the kernel's word that it is full: asking again would only tell EAGAIN.
      return {.bytes = bytes, .blocked = bytes < gathered_bytes};
    }
    if (errno == EAGAIN) return {.blocked = true};
    if (errno != EINTR) return {.error = errno};
  }
}

}  // namespace

void Connection::FlushLater() {
  if (state_ >= State::kClosed) return;
  WEIR_DCHECK(write_pump_ == nullptr || output_.empty());
  if (output_.size() >= kEagerFlushBytes && state_ <= State::kOpen) Flush();
  // With room unknown the turn's end decides, so that a large response to a quick reader pauses
  // nobody.
  if (!can_write()) NoteOutputHigh();
  loop_.AtTurnEnd(*this);
}

IoResult Connection::WriteSome() {
  iovec vectors[kMaxVectors];
  const int count = output_.Gather(vectors, kMaxVectors);
  if (transport_ != nullptr) return transport_->Write(fd_, vectors, count);
  size_t gathered_bytes = 0;
  for (int i = 0; i < count; ++i) gathered_bytes += vectors[i].iov_len;
  return Send(fd_, vectors, count, gathered_bytes);
}

void Connection::Flush() {
  if (write_side_ == WriteSide::kFailed || write_side_ == WriteSide::kEnded) output_.Clear();
  if (!can_write()) return;
  for (int i = 0; !output_.empty(); ++i) {
    // Someone else's turn; the event comes again at once when there is room.
    if (i == kMaxWritesPerTurn) return WaitForRoom();
    const IoResult result = WriteSome();
    bytes_written_ += result.bytes;
    output_.Drain(result.bytes);
    if (result.bytes > 0) has_written_ = true;
    if (result.error != 0) return WriteFailed(result.error);
    if (result.needs_other_direction) {
      write_blocked_ = write_needs_read_ = true;
      return;
    }
    if (result.blocked) return WaitForRoom();
  }
  StopWaitingForRoom();
}

void Connection::WaitForRoom() {
  write_blocked_ = true;
  is_write_watched_ = true;
  event_->EnableWrite();
}

void Connection::StopWaitingForRoom() {
  if (!is_write_watched_) return;
  is_write_watched_ = false;
  event_->DisableWrite();
}

void Connection::OnWritable() {
  if (state_ >= State::kLingering) return StopWaitingForRoom();
  if (write_pump_ != nullptr) return write_pump_->OnSinkWritable();
  write_blocked_ = false;
  if (read_needs_write_) {
    read_needs_write_ = false;
    read_pending_ = true;
    StopWaitingForRoom();
  }
  loop_.AtTurnEnd(*this);
}

void Connection::WriteFailed(int error) {
  const bool is_transports_own = transport_ != nullptr && error == EPROTO;
  NoteError(error, "write");
  write_side_ = WriteSide::kFailed;
  has_written_ = false;
  write_blocked_ = false;
  StopWaitingForRoom();
  output_.Clear();
  if (state_ == State::kFlushing) return BecomeClosed(close_reason_);
  // A peer that answers early and resets (a refused upload) has told us why: read that first.
  const bool may_have_answered = (error == EPIPE || error == ECONNRESET) &&
                                 state_ == State::kOpen && read_side_ != ReadSide::kTold;
  if (!may_have_answered) {
    return BecomeClosed(is_transports_own ? CloseReason::kTransport : CloseReason::kRemoteReset);
  }
  ArmCloseTimer(options_.flush_timeout_ms);
  read_pending_ = true;
  loop_.AtTurnEnd(*this);
}

// After a Flush() while open.
void Connection::SettleOutput() {
  ReportOutput();
  if (write_side_ == WriteSide::kEnding && output_.empty() && is_established_ &&
      state_ <= State::kOpen) {
    EndWriting();
  }
}

void Connection::ReportOutput() {
  if (output_high_ && output_.size() <= options_.output_limit_bytes / 2) {
    output_high_ = false;
    handler_->OnOutputLow();
  } else {
    NoteOutputHigh();
  }
  if (has_written_ && output_.empty() && state_ <= State::kOpen) {
    has_written_ = false;
    handler_->OnFlushed();
  }
}

void Connection::NoteOutputHigh() {
  const uint32_t limit_bytes = options_.output_limit_bytes;
  if (output_high_ || limit_bytes == 0 || output_.size() <= limit_bytes) return;
  if (state_ > State::kOpen) return;
  output_high_ = true;
  handler_->OnOutputHigh();
}

void Connection::ShutdownWrite() {
  if (write_side_ != WriteSide::kOpen || state_ > State::kOpen) return;
  if (write_pump_ != nullptr) write_pump_->Stop();
  write_side_ = WriteSide::kEnding;
  loop_.AtTurnEnd(*this);
}

void Connection::EndWriting() {
  write_side_ = WriteSide::kEnded;
  if (transport_ != nullptr) transport_->ShutdownWrite(fd_);
  shutdown(fd_, SHUT_WR);
  if (read_side_ == ReadSide::kTold) BecomeClosed(CloseReason::kLocal);
}

}  // namespace weir::net
