// One pooled HTTP connection: joins a socket to a codec and reports to its pool when it can take
// another stream. Nothing is allocated for a stream. Worker's thread only.
//
//     new ──┬─StartStream─► busy ──stream ended──┬─ reusable ─► idle ─StartStream─► busy …
//           └─ nobody waits ─► idle              └─ otherwise ─► closing
//     idle ──timeout, peer's end, Close()──► closing ──socket closed──► destroyed by the pool
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
#include "source/net/connection.h"
#include "source/upstream/connection_slot.h"
#include "source/upstream/local_cluster.h"

namespace weir::upstream {

class HttpConnection;

// The pool as its connections see it.
class HttpConnectionOwner {
 public:
  // The stream is over and the connection can take another one.
  virtual void OnAvailable(HttpConnection& connection) = 0;
  // The connection must not be given out any more.
  virtual void OnClosing(HttpConnection& connection) = 0;
  // Gone: destroy it with DeleteLater.
  virtual void OnClosed(HttpConnection& connection) = 0;

 protected:
  ~HttpConnectionOwner() = default;
};

class HttpConnection final : public event::Deletable,
                             public base::ListNode<HttpConnection>,
                             private net::ConnectionHandler,
                             private http::ClientConnectionHandler {
 public:
  // Over the connected `fd`; starts reading at once.
  HttpConnection(const WorkerContext& context, HttpConnectionOwner& owner, int fd,
                 const net::Address& to, ConnectionSlot slot);
  ~HttpConnection() override;

  // Requires that it is new or available. The caller has taken a request from the breakers and
  // counted it at the host; both are given back when the stream ends.
  void StartStream(base::Arena& arena, StreamRequester& requester);
  // Nobody wants it now: the idle timeout begins.
  void Rest();
  // Closes an idle connection now, a busy one when its stream is over.
  void Drain();

 private:
  enum class State : uint8_t { kIdle, kBusy, kClosing };

  // net::ConnectionHandler
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnClosed(net::CloseReason reason) override;
  // http::ClientConnectionHandler
  base::Buffer& output() override { return connection_.output(); }
  void OnOutput() override { connection_.FlushLater(); }
  void PauseReading() override;
  void ResumeReading() override;
  void OnOutputEnd() override;
  void OnStreamSlotFree() override;
  void OnConnectionDone() override;

  void EndStream();
  void ReleaseStream();
  void Close();
  void OnIdleTimeout();
  void OnTooOld();
  void CountBytes();
  bool IsUsedUp() const;

  const WorkerContext& context_;
  HttpConnectionOwner& owner_;
  ConnectionSlot slot_;
  const net::Address target_;
  net::Connection connection_;
  std::unique_ptr<http::ClientConnection> codec_;
  event::Timer idle_timer_;
  std::unique_ptr<event::Timer> age_timer_;  // only where max_connection_duration is set
  UpstreamInfo info_;
  uint64_t counted_bytes_read_ = 0;
  uint64_t counted_bytes_written_ = 0;
  uint32_t streams_started_ = 0;
  State state_ = State::kIdle;
  bool is_draining_ = false;
  bool output_ended_ = false;  // by a tunnel
};

}  // namespace weir::upstream
