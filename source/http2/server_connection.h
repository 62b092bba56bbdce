// HTTP/2 towards a downstream peer: any number of requests at once, each a stream with an arena of
// its own. Streams and their arenas are recycled by the thread, so that a steady request allocates
// nothing here (nghttp2 does, a little).
//
// A request whose head is refused never becomes a stream of the handler's: OnBadRequest tells of
// it and SendErrorReply answers it (or resets it, where the protocol wants that); the connection
// goes on. One on one worker.
#pragma once

#include <cstddef>
#include <string_view>

#include "source/http2/session.h"

namespace weir::http2 {

class ServerStream;

class ServerConnection final : public http::ServerConnection, private Session {
 public:
  ServerConnection(http::ServerConnectionHandler& handler, const Options& options, Stats& stats);
  ~ServerConnection() override;

  size_t Feed(std::string_view bytes) override { return FeedBytes(bytes); }
  void OnPeerEnd() override;
  void OnConnectionLost(const http::StreamError& error) override;
  void AnnounceDrain() override;
  void Drain() override;
  void SendPing() override;
  void CheckSettled() override { CheckSettings(); }
  bool CheckProgress() override { return CheckStreamsMove(); }
  bool has_streams() const override { return stream_count() > 0; }
  bool is_reading_head() const override { return !is_over() && IsHeadComing(); }
  bool is_draining_body() const override { return false; }
  void SendErrorReply(int status, std::string_view body) override;
  void OnOutputHigh() override { SetOutputHigh(true); }
  void OnOutputLow() override { SetOutputHigh(false); }
  http::Version version() const override { return http::Version::kHttp2; }

 private:
  friend class ServerStream;

  // Session
  Stream* OnHeadBegins(int32_t id, Stream* stream) override;
  void OnHeadComplete(Stream& stream, bool ends_stream) override;
  void OnMalformed(Stream& stream) override;
  void OnGoaway() override {}
  void OnPeerSettings() override {}
  void OnPong() override { handler_.OnPingAck(); }
  void OnStreamGone() override {}
  bool YieldReading() override { return handler_.YieldReading(); }
  void HoldReading(bool holds) override {
    holds ? handler_.PauseReading() : handler_.ResumeReading();
  }
  void OnEnd(bool lingers) override { handler_.OnConnectionDone(lingers); }
  void Free(Stream& stream) override;

  void Refuse(ServerStream& stream, const http::StreamError& error, int status);

  http::ServerConnectionHandler& handler_;
  ServerStream* refused_ = nullptr;  // while OnBadRequest tells of it
  bool is_refused_by_reset_ = false;
};

}  // namespace weir::http2
