// HTTP/2 towards an upstream host: as many requests at once as both sides allow.
//
// A tunnel (extended CONNECT) may only be asked for once the peer's settings permit it
// (RFC 8441 §3): until they are there, its head waits. One connection on one worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/http2/session.h"

namespace weir::http2 {

class ClientStream;

class ClientConnection final : public http::ClientConnection, private Session {
 public:
  ClientConnection(http::ClientConnectionHandler& handler, const Options& options, Stats& stats,
                   bool is_secure);
  ~ClientConnection() override;

  http::ClientStream& NewStream(http::ClientStreamHandler& handler, base::Arena& arena) override;
  bool can_take_stream() const override;
  uint32_t active_streams() const override { return stream_count(); }
  uint32_t max_streams() const override;
  bool is_reusable() const override { return !is_over() && !is_draining_; }
  size_t Feed(std::string_view bytes) override { return FeedBytes(bytes); }
  void OnPeerEnd() override;
  void OnConnectionLost(const http::StreamError& error) override;
  void SendPing() override;
  void CheckSettled() override { CheckSettings(); }
  void Drain() override;
  void OnOutputHigh() override { SetOutputHigh(true); }
  void OnOutputLow() override { SetOutputHigh(false); }
  http::Version version() const override { return http::Version::kHttp2; }

 private:
  friend class ClientStream;

  // Session
  Stream* OnHeadBegins(int32_t id, Stream* stream) override;
  void OnHeadComplete(Stream& stream, bool ends_stream) override;
  void OnMalformed(Stream&) override {}  // its handler hears of the reset
  void OnGoaway() override;
  void OnPeerSettings() override;
  void OnPong() override { handler_.OnPingAck(); }
  void OnStreamGone() override;
  bool YieldReading() override { return false; }
  void HoldReading(bool) override {}
  void OnEnd(bool lingers) override;
  void Free(Stream& stream) override;

  bool AllowsTunnels() const;

  http::ClientConnectionHandler& handler_;
  const std::string_view scheme_;                                 // of its transport
  base::IntrusiveList<ClientStream, struct WaitingTag> waiting_;  // for the peer's settings
  bool has_settings_ = false;
  bool is_draining_ = false;
  bool is_goaway_sent_ = false;
};

}  // namespace weir::http2
