// The life of a connection: start, flush before closing, delayed close, the report.
#include "source/net/connection.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/net/splice.h"

namespace weir::net {
namespace {

void SetNoDelay(int fd) {
  const int on = 1;
  // Fails for a Unix-domain socket, which has no Nagle to turn off.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void ResetOnClose(int fd) {
  const linger drop{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
}

}  // namespace

Connection::Connection(event::Loop& loop, int fd, ConnectionHandler& handler,
                       const ConnectionOptions& options, std::unique_ptr<TransportSocket> transport)
    : loop_(loop),
      fd_(fd),
      handler_(&handler),
      options_(options),
      transport_(std::move(transport)),
      event_(std::in_place, loop, fd, static_cast<event::FdHandler&>(*this)),
      is_established_(transport_ == nullptr) {
  SetNoDelay(fd);
}

Connection::~Connection() {
  StopPumps();
  if (fd_ < 0) return;
  event_.reset();
  close(fd_);
}

void Connection::Start() {
  if (state_ != State::kNew) return;
  state_ = State::kOpen;
  event_->EnableRead();
  if (transport_ == nullptr) {
    if (read_pauses_ > 0) event_->DisableRead();
    handler_->OnEstablished();
    return;
  }
  // The handshake's first step may be ours. Not at once: the caller may be looking at bytes in the
  // scratch, which Read fills.
  read_pending_ = true;
  loop_.AtTurnEnd(*this);
}

void Connection::BecomeEstablished() {
  is_established_ = true;
  if (read_pauses_ > 0) event_->DisableRead();
  loop_.AtTurnEnd(*this);  // what was put into output() meanwhile
  handler_->OnEstablished();
}

void Connection::Close(CloseMode mode) {
  if (state_ > State::kClosed || (state_ == State::kClosed && mode != CloseMode::kReset)) return;
  if (mode == CloseMode::kFlush || mode == CloseMode::kFlushNoWait) {
    if (state_ <= State::kOpen) BeginFlush(mode, CloseReason::kLocal);
    return;
  }
  close_mode_ = mode;
  BecomeClosed(state_ <= State::kOpen ? CloseReason::kLocal : close_reason_);
}

void Connection::BeginFlush(CloseMode mode, CloseReason reason) {
  StopPumps();
  close_mode_ = mode;
  close_reason_ = reason;
  // There is no way to get bytes to the peer, or none was found in time.
  if (!is_established_ || write_side_ == WriteSide::kFailed) return BecomeClosed(reason);
  // From here on what the peer sends is discarded, so that it reads our last bytes instead of
  // waiting for room to write.
  if (state_ == State::kOpen && read_side_ == ReadSide::kOpen) event_->EnableRead();
  state_ = State::kFlushing;
  loop_.AtTurnEnd(*this);
}

// After a Flush() of state kFlushing.
void Connection::ContinueClosing() {
  if (!output_.empty()) {
    const bool is_waiting = close_timer_.is_armed();
    if (!is_waiting || flushed_mark_ != bytes_written_) ArmCloseTimer(options_.flush_timeout_ms);
    flushed_mark_ = bytes_written_;
    return;
  }
  if (transport_ != nullptr && write_side_ != WriteSide::kEnded) transport_->ShutdownWrite(fd_);
  const bool may_lose_bytes = read_side_ == ReadSide::kOpen &&
                              discarded_bytes_ < kMaxDiscardedBytes &&
                              close_mode_ == CloseMode::kFlush;
  if (!may_lose_bytes || options_.delayed_close_ms <= 0) return BecomeClosed(close_reason_);
  BeginLinger();
}

// Closing a descriptor with unread bytes makes the kernel send RST, and the peer's kernel then
// drops what its application has not read yet: our response (RFC 9112 §9.6). So wait for its FIN.
void Connection::BeginLinger() {
  if (write_side_ != WriteSide::kEnded) shutdown(fd_, SHUT_WR);
  write_side_ = WriteSide::kEnded;
  state_ = State::kLingering;
  event_->EnableRead();
  ArmCloseTimer(options_.delayed_close_ms);
}

void Connection::BecomeClosed(CloseReason reason) {
  StopPumps();
  loop_.AtTurnEnd(*this);
  if (state_ >= State::kClosed) return;
  state_ = State::kClosed;
  close_reason_ = reason;
}

void Connection::NoteError(int error, const char* operation) {
  if (error_ != 0 || failed_operation_ != nullptr) return;  // the first one is the cause
  error_ = error;
  failed_operation_ = operation;
}

void Connection::ReportClosed() {
  state_ = State::kReported;
  close_timer_.Cancel();
  read_timer_.Cancel();
  // A transport's end mark would be a lie when bytes before it were dropped.
  const bool is_clean = error_ == 0 && output_.empty() && close_mode_ == CloseMode::kNow;
  if (transport_ != nullptr && is_established_ && is_clean && write_side_ == WriteSide::kOpen) {
    transport_->ShutdownWrite(fd_);
  }
  output_.Clear();
  unread_.Clear();
  event_.reset();
  if (close_mode_ == CloseMode::kReset) ResetOnClose(fd_);
  close(std::exchange(fd_, -1));
  handler_->OnClosed(close_reason_);
}

void Connection::OnTurnEnd() {
  if (read_pending_) ContinueReading();
  if (state_ <= State::kFlushing) {
    Flush();
    if (state_ <= State::kOpen) SettleOutput();
    if (state_ == State::kFlushing) ContinueClosing();
  }
  if (state_ != State::kClosed) return;
  Unlink();
  ReportClosed();
}

void Connection::StopPumps() {
  if (read_pump_ != nullptr) read_pump_->Stop();
  if (write_pump_ != nullptr) write_pump_->Stop();
}

void Connection::ArmCloseTimer(int64_t duration_ms) {
  close_timer_.Arm(loop_, duration_ms, [this] { OnCloseTimer(); });
}

void Connection::OnCloseTimer() {
  if (state_ == State::kFlushing) NoteError(0, "flush timed out");
  // Open: a write failed, and the handler did not read on to the end.
  BecomeClosed(state_ == State::kOpen ? CloseReason::kRemoteReset : close_reason_);
}

Address Connection::local_address() const {
  sockaddr_storage raw;
  socklen_t size = sizeof(raw);
  auto* const address = reinterpret_cast<sockaddr*>(&raw);
  if (fd_ < 0 || getsockname(fd_, address, &size) != 0) return {};
  return Address::FromSockaddr(address, size);
}

std::string Connection::close_details() const {
  if (failed_operation_ == nullptr) return "";
  if (error_ == 0) return failed_operation_;
  if (transport_ != nullptr && error_ == EPROTO) return transport_->failure_reason();
  return base::StrCat(failed_operation_, ": ", std::generic_category().message(error_));
}

}  // namespace weir::net
