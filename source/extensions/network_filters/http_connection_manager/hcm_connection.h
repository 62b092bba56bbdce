// One downstream HTTP connection: the codec on one side, the streams on the other, and the timers
// that belong to the connection (idle, slow heads, age). Worker's thread.
//
// The codec is made when the first bytes show which one it must be, so that a connection which says
// nothing costs little: by codec_type, or else by ALPN, or else by HTTP/2's preface.
//
//   waiting ──first byte──► reading a head ──head──► streams run ──last one done──► waiting
//      │ idle_timeout           │ request_headers_timeout                              │
//      └────────► close         └────────► 408, close           drain: close ◄─────────┘
//
// An HTTP/2 connection drains in two steps: requests that cross the announcement are still served.
#pragma once

#include <cstdint>
#include <memory>

#include "source/event/rare_timer.h"
#include "source/event/timer.h"
#include "source/extensions/network_filters/http_connection_manager/client_certificate.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/network_filter.h"
#include "source/http/codec.h"
#include "source/http2/keepalive.h"
#include "source/http2/peer_watch.h"

namespace weir::extensions::http_connection_manager {

class HcmConnection final : public filter::TerminalFilter,
                            private http::ServerConnectionHandler,
                            private http2::Keepalive::Owner,
                            private http2::PeerWatch::Owner {
 public:
  HcmConnection(std::shared_ptr<const HcmConfig> config, const filter::ConnectionContext& context);
  ~HcmConnection() override;

  // filter::TerminalFilter
  void OnConnection(net::Connection& connection) override;
  void OnDrain() override;
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnOutputHigh() override;
  void OnOutputLow() override;

  // For the streams.
  const HcmConfig& config() const { return *config_; }
  HcmWorker& worker() { return worker_; }
  event::Loop& loop() { return context_.loop; }
  const filter::ConnectionInfo& info() const { return context_.info; }
  void OnStreamFinished(HttpStream& stream);
  // A stream became a tunnel.
  void OnUpgraded();
  void OnTunnelOver() { worker_.stats.downstream_cx_upgrades_active.Sub(); }
  // A response ended while its request still comes in.
  void OnEarlyResponse() { WatchSender(); }
  void PrepareClientCertificate(http::HeaderMap& headers) {
    client_certificate_.Apply(config_->client_certificate, context_.info, headers);
  }
  bool is_http2() const { return codec_->version() == http::Version::kHttp2; }

 private:
  // filter::TerminalFilter
  void OnEnd(net::CloseReason reason) override;
  // http::ServerConnectionHandler
  base::Buffer& output() override { return connection_->output(); }
  void OnOutput() override { connection_->FlushLater(); }
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena& arena) override;
  void OnBadRequest(const http::StreamError& error, int status) override;
  void PauseReading() override { connection_->PauseReading(); }
  void ResumeReading() override { connection_->ResumeReading(); }
  void OnConnectionDone(bool lingers) override;
  void OnConnectionAbort() override { connection_->Close(net::CloseMode::kReset); }
  void OnOutputEnd() override { connection_->ShutdownWrite(); }
  void OnPingAck() override {
    if (keepalive_ != nullptr) keepalive_->OnPingAck();
  }
  bool YieldReading() override;
  // http2::Keepalive::Owner
  void SendPing() override { codec_->SendPing(); }
  void OnPeerLost() override { connection_->Close(net::CloseMode::kNow); }
  // http2::PeerWatch::Owner
  void CheckSettled() override { codec_->CheckSettled(); }
  bool CheckProgress() override { return codec_->CheckProgress(); }

  // Null: more bytes are needed to tell.
  std::unique_ptr<http::ServerConnection> ChooseCodec(std::string_view bytes);
  void StartHttp2();
  void StopDraining();
  void WaitForRequest();
  void StopWaiting();
  void OnWaitOver();
  void WatchSender();
  void WatchHead(bool is_reading_head);
  void CountRequest();
  void OnIdle();
  void OnSlowHead();
  void OnOld();
  void CountTraffic();
  void LogRefusal(const http::StreamError& error, int status);

  const std::shared_ptr<const HcmConfig> config_;
  const filter::ConnectionContext context_;
  HcmWorker& worker_;
  net::Connection* connection_ = nullptr;
  std::unique_ptr<http::ServerConnection> codec_;
  event::Timer wait_timer_;  // for a request, or for the rest of its head
  event::RareTimer drain_timer_;
  event::RareTimer age_timer_;
  event::RareTimer yield_timer_;                  // HTTP/2 only: reading goes on next turn
  std::unique_ptr<http2::Keepalive> keepalive_;   // HTTP/2 only, where it is configured
  std::unique_ptr<http2::PeerWatch> peer_watch_;  // HTTP/2 only
  ClientCertificateField client_certificate_;
  int64_t opened_ns_ = 0;
  uint64_t counted_rx_ = 0, counted_tx_ = 0;
  uint32_t active_streams_ = 0;
  uint32_t unseen_bytes_ = 0;  // of a preface that is not complete
  uint32_t served_ = 0;
  bool is_head_coming_ = false;  // what wait_timer_ is for
  bool is_draining_ = false;
  bool peer_ended_ = false;
};

}  // namespace weir::extensions::http_connection_manager
