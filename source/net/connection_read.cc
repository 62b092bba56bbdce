// How a connection reads: from the descriptor to the handler, and to the peer's end.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/base/check.h"
#include "source/net/connection.h"
#include "source/net/splice.h"

namespace weir::net {
namespace {

// A peer that sends faster than we read gets this many scratches a turn; then others are served.
constexpr int kMaxReadsPerTurn = 4;
constexpr size_t kLittleBytes = 4 * 1024;

IoResult Receive(int fd, absl::Span<char> into) {
  while (true) {
    const ssize_t count = recv(fd, into.data(), into.size(), 0);
    if (count > 0) return {.bytes = static_cast<size_t>(count)};
    if (count == 0) return {.eof = true};
    if (errno == EAGAIN) return {.blocked = true};
    if (errno != EINTR) return {.error = errno};
  }
}

}  // namespace

void Connection::OnReadable() {
  switch (state_) {
    case State::kOpen:
      // Level-triggered: what is left when we are paused comes again.
      if (read_side_ != ReadSide::kOpen || (read_pauses_ > 0 && is_established_)) {
        event_->DisableRead();
      } else if (read_pump_ != nullptr) {
        read_pump_->OnSourceReadable();
      } else {
        // What was kept must not be lost to an end or an error that this read finds.
        if (read_pending_) ContinueReading();
        if (is_reading() || !is_established_) ReadAvailable();
      }
      break;
    case State::kFlushing:
    case State::kLingering:
      Discard();
      break;
    case State::kNew:
    case State::kClosed:
    case State::kReported:
      break;
  }
}

IoResult Connection::ReadSome(absl::Span<char> into) {
  if (transport_ == nullptr) return Receive(fd_, into);
  const IoResult result = transport_->Read(fd_, into);
  if (result.needs_other_direction) {
    read_needs_write_ = true;
    WaitForRoom();
  }
  if (write_needs_read_) {
    write_needs_read_ = false;
    write_blocked_ = false;
    loop_.AtTurnEnd(*this);
  }
  return result;
}

bool Connection::IsDrained(const IoResult& result, size_t wanted_bytes) const {
  if (result.blocked || result.needs_other_direction) return true;
  return transport_ == nullptr && result.bytes < wanted_bytes;
}

void Connection::ReadAvailable() {
  const absl::Span<char> scratch = loop_.read_scratch();
  for (int i = 0; i < kMaxReadsPerTurn; ++i) {
    const bool is_little = std::exchange(reads_little_, false);
    const absl::Span<char> room = is_little ? scratch.subspan(0, kLittleBytes) : scratch;
    const IoResult result = ReadSome(room);
    reads_little_ = is_little && result.bytes == 0;
    bytes_read_ += result.bytes;
    if (!is_established_ && result.error == 0 && transport_->is_established()) BecomeEstablished();
    if (result.bytes > 0 && state_ == State::kOpen) Deliver({scratch.data(), result.bytes});
    if (state_ != State::kOpen) return;
    if (result.error != 0) return ReadFailed(result.error);
    if (result.eof) return EndOfInput();
    if (read_pauses_ > 0 && is_established_) return;
    if (result.again_later) return ReadAgainLater();
    if (IsDrained(result, room.size())) {
      // What the peer sent before it stopped listening has all been read.
      if (write_side_ == WriteSide::kFailed) BecomeClosed(CloseReason::kRemoteReset);
      return;
    }
  }
  // The descriptor's event comes again by itself, but not for what a transport has decrypted ahead.
  if (transport_ != nullptr) ReadAgainLater();
}

void Connection::ReadAgainLater() {
  read_timer_.Arm(loop_, 0, [this] {
    if (is_reading() || (state_ == State::kOpen && !is_established_)) ReadAvailable();
  });
}

void Connection::Deliver(std::string_view bytes) {
  if (read_pauses_ > 0 || !unread_.empty()) {
    unread_.Append(bytes);
    if (read_pauses_ == 0) ShowUnread();
    return;
  }
  const size_t consumed = Show(bytes);
  if (state_ == State::kOpen) unread_.Append(bytes.substr(consumed));
}

void Connection::ShowUnread() {
  const size_t consumed = Show(unread_.view());
  if (state_ == State::kOpen) unread_.Consume(consumed);
}

size_t Connection::Show(std::string_view bytes) {
  is_showing_ = true;
  const size_t consumed = handler_->OnRead(bytes);
  is_showing_ = false;
  WEIR_DCHECK(consumed <= bytes.size());
  return std::min(consumed, bytes.size());
}

void Connection::ReadFailed(int error) {
  const bool is_transports_own = transport_ != nullptr && error == EPROTO;
  NoteError(error, "read");
  BecomeClosed(is_transports_own ? CloseReason::kTransport : CloseReason::kRemoteReset);
}

void Connection::EndOfInput() {
  if (!is_established_) {
    NoteError(0, "the peer ended the connection in the handshake");
    return BecomeClosed(CloseReason::kRemoteEnd);
  }
  read_side_ = ReadSide::kEnded;
  event_->DisableRead();
  if (read_pauses_ == 0) TellReadEnd();
}

void Connection::TellReadEnd() {
  // The kernel reports an error once, and send() took it: this end is that of a reset.
  if (write_side_ == WriteSide::kFailed) return BecomeClosed(CloseReason::kRemoteReset);
  read_side_ = ReadSide::kTold;
  unread_.Clear();
  handler_->OnReadEnd();
  if (state_ != State::kOpen) return;
  if (!options_.half_close) {
    BeginFlush(CloseMode::kFlushNoWait, CloseReason::kRemoteEnd);
  } else if (write_side_ == WriteSide::kEnded) {
    BecomeClosed(CloseReason::kRemoteEnd);
  }
}

void Connection::PauseReading() {
  reads_little_ = reads_little_first_;
  if (read_pauses_++ == 0 && state_ == State::kOpen && is_established_) event_->DisableRead();
}

void Connection::ResumeReading() {
  WEIR_DCHECK(read_pauses_ > 0);
  if (--read_pauses_ > 0 || state_ != State::kOpen) return;
  if (read_side_ == ReadSide::kOpen) event_->EnableRead();
  // A pause that OnRead undid itself: it has seen the bytes, and whoever called it reads on.
  if (is_showing_) return;
  const bool has_news = !unread_.empty() || read_side_ == ReadSide::kEnded ||
                        transport_ != nullptr || write_side_ == WriteSide::kFailed;
  if (!has_news) return;
  read_pending_ = true;
  loop_.AtTurnEnd(*this);
}

// What no event of the descriptor brings: kept bytes, an end already seen, bytes inside the
// transport, the first step of a handshake.
void Connection::ContinueReading() {
  read_pending_ = false;
  if (state_ != State::kOpen || (read_pauses_ > 0 && is_established_)) return;
  if (!unread_.empty() && read_pauses_ == 0) ShowUnread();
  if (state_ != State::kOpen || (read_pauses_ > 0 && is_established_)) return;
  if (read_side_ == ReadSide::kEnded) return TellReadEnd();
  const bool is_silent = transport_ != nullptr || write_side_ == WriteSide::kFailed;
  if (is_silent && read_side_ == ReadSide::kOpen) ReadAvailable();
}

// While we close. Reads past the transport: nobody looks at the bytes.
void Connection::Discard() {
  const absl::Span<char> scratch = loop_.read_scratch();
  const IoResult result = Receive(fd_, scratch);
  discarded_bytes_ += static_cast<uint32_t>(result.bytes);
  if (result.error != 0) {
    NoteError(result.error, "read");
    return BecomeClosed(close_reason_);
  }
  if (!result.eof && discarded_bytes_ < kMaxDiscardedBytes) return;
  if (result.eof) read_side_ = ReadSide::kTold;
  event_->DisableRead();
  if (state_ == State::kLingering) BecomeClosed(close_reason_);
}

}  // namespace weir::net
