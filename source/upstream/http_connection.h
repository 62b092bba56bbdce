// One pooled HTTP connection: joins a socket to a codec and reports to its pool when it can take
// another stream, of which HTTP/2 bears many at once. Nothing is allocated for a stream. Worker's
// thread only.
//
//     new ──► idle ◄──last stream ended── busy ◄──StartStream── idle or busy
//     idle ──timeout, peer's end, Drain──► closing ──socket closed──► destroyed by the pool
//     busy ──GOAWAY, Drain, used up, too old──► draining ──last stream ended──► closing
//     busy ──socket lost──► its streams are reset ──► destroyed by the pool
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/intrusive_list.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
#include "source/http2/keepalive.h"
#include "source/http2/peer_watch.h"
#include "source/net/connection.h"
#include "source/upstream/connection_slot.h"
#include "source/upstream/local_cluster.h"

namespace weir::upstream {

class HttpConnection;

// The pool as its connections see it.
class HttpConnectionOwner {
 public:
  // A stream is over, or the peer allows another number of them: look at the connection again.
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
                             private http::ClientConnectionHandler,
                             private http2::Keepalive::Owner,
                             private http2::PeerWatch::Owner {
 public:
  // Over `connection` to `to`, its handshake over; starts reading at once.
  HttpConnection(const WorkerContext& context, HttpConnectionOwner& owner,
                 std::unique_ptr<net::Connection> connection, http::Version version,
                 const net::Address& to, ConnectionSlot slot);
  ~HttpConnection() override;

  // HTTP/2: until the peer's settings are there, it is not given more than `hoped` streams.
  void LimitUntilSettings(uint32_t hoped) { most_streams_ = hoped; }
  // Requires can_take_stream(). The caller has taken a request from the breakers and counted it at
  // the host; both are given back when the stream ends.
  void StartStream(base::Arena& arena, StreamRequester& requester);
  // Nobody wants it now: the idle timeout begins.
  void Rest();
  // Closes an idle connection now, a busy one when its streams are over.
  void Drain();

  bool is_idle() const { return active_streams_ == 0; }
  bool is_closing() const { return state_ == State::kClosing; }
  bool can_take_stream() const {
    return is_open() && active_streams_ < most_streams_ && codec_->can_take_stream();
  }
  // Another one besides the next, as far as is known before that has begun.
  bool can_take_two() const { return multiplexes_ && max_streams() > codec_->active_streams() + 1; }
  // Streams that one connection to this host may bear at once.
  uint32_t max_streams() const {
    return multiplexes_ ? std::min(codec_->max_streams(), most_streams_) : 1;
  }
  http::Version version() const { return info_.version; }

 private:
  enum class State : uint8_t { kOpen, kDraining, kClosing };

  // net::ConnectionHandler
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnClosed(net::CloseReason reason) override;
  // http::ClientConnectionHandler
  base::Buffer& output() override { return connection_->output(); }
  void OnOutput() override { connection_->FlushLater(); }
  void PauseReading() override;
  void ResumeReading() override;
  void OnOutputEnd() override;
  void OnStreamSlotFree() override;
  void OnCapacityChanged() override;
  void OnPingAck() override;
  void OnConnectionDone() override;
  void OnConnectionAbort() override;
  // http2::Keepalive::Owner
  void SendPing() override { codec_->SendPing(); }
  void OnPeerLost() override;
  // http2::PeerWatch::Owner. A server that takes no upload is the business of our own client's
  // timeouts.
  void CheckSettled() override { codec_->CheckSettled(); }
  bool CheckProgress() override { return false; }

  bool is_open() const { return state_ == State::kOpen; }
  void MakeCodec();
  void BeginDraining();
  // Gives back what the codec's ended streams held.
  void ReleaseEnded(uint32_t running);
  void Close();
  void OnIdleTimeout();
  void OnTooOld();
  void CountBytes();
  http::StreamError LossOf(net::CloseReason reason) const;

  const WorkerContext& context_;
  HttpConnectionOwner& owner_;
  ConnectionSlot slot_;
  const net::Address target_, local_;
  const std::unique_ptr<net::Connection> connection_;
  std::unique_ptr<http::ClientConnection> codec_;
  event::Timer idle_timer_;
  std::unique_ptr<event::Timer> age_timer_;       // only where max_connection_duration is set
  std::unique_ptr<http2::Keepalive> keepalive_;   // only where it is configured
  std::unique_ptr<http2::PeerWatch> peer_watch_;  // HTTP/2 only
  UpstreamInfo info_;
  uint64_t counted_bytes_read_ = 0;
  uint64_t counted_bytes_written_ = 0;
  uint32_t streams_started_ = 0;
  uint32_t most_streams_ = UINT32_MAX;
  uint32_t active_streams_ = 0;  // those whose places were not given back
  State state_ = State::kOpen;
  const bool multiplexes_;
  bool output_ended_ = false;  // by a tunnel
  bool is_peer_silent_ = false;
};

}  // namespace weir::upstream
