// A byte-stream connection on one worker: reads, gathered writes, watermarks, half-close and
// delayed close. Worker's thread only.
//
// Reading: bytes arrive in the loop's shared scratch and are shown to OnRead at once; what it does
// not consume is kept in the connection and shown again with what comes next, always contiguous. A
// handler that leaves bytes must pause or close before they are too many: nobody else bounds them.
// A read that fills less than the scratch ends the wake-up. Writing: put bytes into output() and
// call FlushLater(); one gathered write is made when the turn ends. When more than the output limit
// stays behind the handler hears OnOutputHigh and must pause whoever produces; at half of it,
// OnOutputLow.
//
//        ┌─► open ──ReadEnd──► half-closed (remote) ──┐
//   connect                                            ├─► closing (flush, then delay) ─► closed
//        └─► open ──ShutdownWrite─► half-closed (local)┘
//
// With half_close a connection whose two directions have ended closes by itself.
//
// OnClosed is the last call a handler gets, exactly once, never from inside a call it made:
// Close() reports at the end of the turn. Destroying a Connection closes it without a report; from
// inside one of its own callbacks it may only be destroyed through Loop::DeleteLater.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/buffer.h"
#include "source/event/fd_event.h"
#include "source/event/loop.h"
#include "source/event/rare_timer.h"
#include "source/net/address.h"
#include "source/net/transport_socket.h"
#include "source/net/unread_bytes.h"

namespace weir::net {

class SplicePump;

enum class CloseReason : uint8_t {
  kLocal,        // our own Close()
  kRemoteEnd,    // the peer ended and half-close is off, or our side had ended before
  kRemoteReset,  // RST, or any other error of the descriptor
  kTransport,    // the transport socket failed
};

enum class CloseMode : uint8_t {
  kFlush,        // write what is left, shutdown(WR), then read and discard for up to
                 // delayed_close_ms so that the peer's kernel does not drop our last bytes
  kFlushNoWait,  // write what is left, then close
  kNow,          // drop what is left, FIN
  kReset,        // drop what is left, RST
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // `bytes`: everything not yet consumed. Returns how many of them are consumed now.
  virtual size_t OnRead(std::string_view bytes) = 0;
  // The peer ended its direction; what OnRead left will never be completed. Unless half_close is
  // on, the connection closes (after a flush) when this returns.
  virtual void OnReadEnd() = 0;
  // The transport is ready (at once for plaintext: called from Start()).
  virtual void OnEstablished() {}
  // May come from inside FlushLater(), when the descriptor is known to have no room.
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  // All of output() was written to the descriptor.
  virtual void OnFlushed() {}
  virtual void OnClosed(CloseReason reason) = 0;
};

struct ConnectionOptions {
  // per_connection_buffer_limit_bytes; 0: no limit.
  uint32_t output_limit_bytes = 32 * 1024;
  int64_t delayed_close_ms = 1000;    // 0: no delay
  int64_t flush_timeout_ms = 60'000;  // a closing flush without progress this long is cut
  bool half_close = false;            // keep writing after the peer's end
};

class Connection final : public event::Deletable,
                         private event::FdHandler,
                         private event::TurnEndHook {
 public:
  // Takes over the connected, non-blocking `fd`. `handler` outlives the connection. Nothing is
  // read before Start(), which may be called in the same turn.
  Connection(event::Loop& loop, int fd, ConnectionHandler& handler,
             const ConnectionOptions& options,
             std::unique_ptr<TransportSocket> transport = nullptr);
  ~Connection() override;
  void Start();
  // From now on `handler` hears of this connection (a pooled connection changes hands).
  void set_handler(ConnectionHandler& handler) { handler_ = &handler; }

  base::Buffer& output() { return output_; }
  void FlushLater();
  // Ends our direction once output() is written.
  void ShutdownWrite();
  // A second call can only make it quicker: kNow and kReset cut a flush short.
  void Close(CloseMode mode);
  bool is_closing() const { return state_ > State::kOpen; }

  // Counted: reading goes on when every pause was undone; what was kept is shown again then, at
  // the end of the turn at the latest.
  void PauseReading();
  void ResumeReading();
  // The next read, and the first after each pause, takes a few KiB only: a handler whose bytes have
  // nowhere to go can say so before it has more of them than a small message.
  void ReadLittleFirst() { reads_little_first_ = reads_little_ = true; }
  bool is_reading_paused() const { return read_pauses_ > 0; }
  bool is_output_high() const { return output_high_; }
  void set_output_limit(uint32_t bytes) { options_.output_limit_bytes = bytes; }
  void set_delayed_close(int64_t duration_ms) { options_.delayed_close_ms = duration_ms; }
  // TCP_NODELAY is on for every IP connection from the start.

  int fd() const { return fd_; }  // -1 once OnClosed was called
  event::Loop& loop() { return loop_; }
  // Asked of the kernel, which is possible until OnClosed; unset after that.
  Address local_address() const;
  TransportSocket* transport() { return transport_.get(); }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  // The errno or transport failure behind OnClosed; empty for a clean end.
  std::string close_details() const;

 private:
  friend class SplicePump;

  //            Start        Close or the peer's end           written        peer's FIN, or waited
  //   kNew ──────────► kOpen ──────────────────► kFlushing ─────────► kLingering ───────┐
  //                      │ kNow, kReset, error       │ kFlushNoWait, error              ▼
  //                      └───────────────────────────┴─────────────────────────────► kClosed
  //   kClosed: the descriptor is let go of and OnClosed called when the turn ends ─► kReported
  enum class State : uint8_t { kNew, kOpen, kFlushing, kLingering, kClosed, kReported };
  // kEnded: the peer's end was seen, but the handler is paused; kTold: it knows.
  enum class ReadSide : uint8_t { kOpen, kEnded, kTold };
  static constexpr uint32_t kMaxDiscardedBytes = 64 * 1024;
  // kFailed: nothing can be written any more; what the peer sent before is still read.
  enum class WriteSide : uint8_t { kOpen, kEnding, kEnded, kFailed };

  // event::FdHandler, event::TurnEndHook
  void OnReadable() override;
  void OnWritable() override;
  void OnTurnEnd() override;

  // connection_read.cc
  bool is_reading() const {
    return state_ == State::kOpen && read_pauses_ == 0 && read_side_ == ReadSide::kOpen;
  }
  IoResult ReadSome(absl::Span<char> into);
  bool IsDrained(const IoResult& result, size_t wanted_bytes) const;
  void ReadAvailable();
  void ContinueReading();
  void ReadAgainLater();
  void Deliver(std::string_view bytes);
  void ShowUnread();
  size_t Show(std::string_view bytes);
  void ReadFailed(int error);
  void EndOfInput();
  void TellReadEnd();
  void Discard();

  // connection_write.cc
  bool can_write() const { return !write_blocked_ && is_established_; }
  IoResult WriteSome();
  void Flush();
  void WaitForRoom();
  void StopWaitingForRoom();
  void WriteFailed(int error);
  void SettleOutput();
  void ReportOutput();
  void EndWriting();
  void NoteOutputHigh();

  // connection.cc
  void BecomeEstablished();
  void BeginFlush(CloseMode mode, CloseReason reason);
  void ContinueClosing();
  void BeginLinger();
  void BecomeClosed(CloseReason reason);
  void NoteError(int error, const char* operation);
  void ReportClosed();
  void StopPumps();
  void ArmCloseTimer(int64_t duration_ms);
  void OnCloseTimer();

  event::Loop& loop_;
  int fd_;
  State state_ = State::kNew;
  ReadSide read_side_ = ReadSide::kOpen;
  WriteSide write_side_ = WriteSide::kOpen;
  CloseMode close_mode_ = CloseMode::kFlush;
  ConnectionHandler* handler_;
  ConnectionOptions options_;
  std::unique_ptr<TransportSocket> transport_;
  std::optional<event::FdEvent> event_;  // gone before the descriptor is closed
  base::Buffer output_;
  UnreadBytes unread_;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  event::RareTimer close_timer_;  // bounds a close
  event::RareTimer read_timer_;  // shares the loop while what a transport holds is read in portions
  SplicePump* read_pump_ = nullptr;   // takes this descriptor's bytes past us
  SplicePump* write_pump_ = nullptr;  // writes to this descriptor past us
  const char* failed_operation_ = nullptr;
  uint64_t flushed_mark_ = 0;  // bytes_written_ when the flush timer was last armed
  uint32_t discarded_bytes_ = 0;
  int error_ = 0;
  int read_pauses_ = 0;
  CloseReason close_reason_ = CloseReason::kLocal;
  bool is_established_;
  bool output_high_ = false;
  bool has_written_ = false;  // since the last OnFlushed
  bool write_blocked_ = false;
  bool write_needs_read_ = false;
  bool read_needs_write_ = false;
  bool is_showing_ = false;    // inside OnRead
  bool read_pending_ = false;  // ContinueReading when the turn ends
  bool is_write_watched_ = false;
  bool reads_little_first_ = false;
  bool reads_little_ = false;  // this time
};

}  // namespace weir::net
