// A byte-stream connection on one worker: reads, gathered writes, watermarks, half-close and
// delayed close. Worker's thread only.
//
// Reading: bytes arrive in the loop's shared scratch and are shown to OnRead at once; what it does
// not consume is kept in the connection and shown again with what comes next, always contiguous.
// A read that fills less than the scratch ends the wake-up. Writing: put bytes into output() and
// call FlushLater(); one gathered write is made when the turn ends. Over the output limit the
// handler hears OnOutputHigh and must pause whoever produces; at half of it, OnOutputLow.
//
//        ┌─► open ──ReadEnd──► half-closed (remote) ──┐
//   connect                                            ├─► closing (flush, then delay) ─► closed
//        └─► open ──ShutdownWrite─► half-closed (local)┘
//
// OnClosed is the last call a handler gets, exactly once, never from inside a call it made:
// Close() reports at the end of the turn. Destroying a Connection closes it without a report.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/base/buffer.h"
#include "source/event/fd_event.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/address.h"
#include "source/net/transport_socket.h"

namespace weir::net {

enum class CloseReason : uint8_t {
  kLocal,       // our own Close()
  kRemoteEnd,   // the peer ended and half-close is off
  kRemoteReset, // RST, or any other error of the descriptor
  kTransport,   // the transport socket failed
};

enum class CloseMode : uint8_t {
  kFlush,       // write what is left, shutdown(WR), then read and discard for up to
                // delayed_close_ms so that the peer's kernel does not drop our last bytes
  kFlushNoWait, // write what is left, then close
  kNow,         // drop what is left, FIN
  kReset,       // drop what is left, RST
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // `bytes`: everything not yet consumed. Returns how many of them are consumed now.
  virtual size_t OnRead(std::string_view bytes) = 0;
  // The peer ended its direction; what OnRead left will never be completed. Default: close.
  virtual void OnReadEnd() = 0;
  // The transport is ready (at once for plaintext: called from Start()).
  virtual void OnEstablished() {}
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  // All of output() was written to the descriptor.
  virtual void OnFlushed() {}
  virtual void OnClosed(CloseReason reason) = 0;
};

struct ConnectionOptions {
  uint32_t output_limit_bytes = 32 * 1024;  // per_connection_buffer_limit_bytes
  int64_t delayed_close_ms = 1000;          // 0: no delay
  int64_t flush_timeout_ms = 60'000;        // a flush that makes no progress this long is cut
  bool half_close = false;                  // keep writing after the peer's end
};

class Connection final : public event::Deletable,
                         private event::FdHandler,
                         private event::TurnEndHook {
 public:
  // Takes over the connected, non-blocking `fd`. `handler` outlives the connection. Nothing is
  // read before Start(), which may be called in the same turn.
  Connection(event::Loop& loop, int fd, ConnectionHandler& handler, const ConnectionOptions& options,
             std::unique_ptr<TransportSocket> transport = nullptr);
  ~Connection() override;
  void Start();
  // From now on `handler` hears of this connection (a pooled connection changes hands).
  void set_handler(ConnectionHandler& handler) { handler_ = &handler; }

  base::Buffer& output() { return output_; }
  void FlushLater();
  // Ends our direction once output() is written.
  void ShutdownWrite();
  void Close(CloseMode mode);
  bool is_closing() const;

  // Counted: reading goes on when every pause was undone; what was kept is shown again then.
  void PauseReading();
  void ResumeReading();
  bool is_reading_paused() const { return read_pauses_ > 0; }
  bool is_output_high() const { return output_high_; }
  void set_output_limit(uint32_t bytes) { options_.output_limit_bytes = bytes; }
  // TCP_NODELAY is on for every IP connection from the start.

  int fd() const { return fd_; }
  event::Loop& loop() { return loop_; }
  const Address& local_address() const { return local_; }
  const Address& remote_address() const { return remote_; }
  void set_addresses(const Address& local, const Address& remote);
  TransportSocket* transport() { return transport_.get(); }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  // The errno or transport failure behind OnClosed; empty for a clean end.
  std::string close_details() const;

 private:
  void OnReadable() override;
  void OnWritable() override;
  void OnTurnEnd() override;

  event::Loop& loop_;
  int fd_;
  ConnectionHandler* handler_;
  ConnectionOptions options_;
  std::unique_ptr<TransportSocket> transport_;
  event::FdEvent event_;
  base::Buffer output_;
  base::Buffer unread_;
  Address local_;
  Address remote_;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  int read_pauses_ = 0;
  bool output_high_ = false;
};

}  // namespace weir::net
