// One downstream HTTP connection: the codec on one side, the streams on the other, and the timers
// that belong to the connection (idle, slow heads, age). Worker's thread.
//
//   waiting ──first byte──► reading a head ──head──► streams run ──last one done──► waiting
//      │ idle_timeout           │ request_headers_timeout                              │
//      └────────► close         └────────► 408, close           drain: close ◄─────────┘
#pragma once

#include <cstdint>
#include <memory>

#include "source/event/timer.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/filter/network_filter.h"
#include "source/http/codec.h"

namespace weir::extensions::http_connection_manager {

class HcmConnection final : public filter::TerminalFilter, private http::ServerConnectionHandler {
 public:
  HcmConnection(std::shared_ptr<const HcmConfig> config, const filter::ConnectionContext& context);
  ~HcmConnection() override;

  // filter::TerminalFilter
  void OnConnection(net::Connection& connection) override;
  void OnDrain() override;
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override;
  void OnOutputHigh() override { codec_->OnOutputHigh(); }
  void OnOutputLow() override { codec_->OnOutputLow(); }

  // For the streams.
  const HcmConfig& config() const { return *config_; }
  HcmWorker& worker() { return worker_; }
  event::Loop& loop() { return context_.loop; }
  const filter::ConnectionInfo& info() const { return context_.info; }
  void OnStreamFinished(HttpStream& stream);
  // The stream became a tunnel: the connection's own timers no longer apply.
  void OnUpgraded();
  // A response ended while its request still comes in.
  void OnEarlyResponse() { WatchSender(); }

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

  void WaitForRequest();
  void WatchSender();
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
  event::Timer idle_timer_;
  event::Timer head_timer_;
  event::Timer drain_timer_;
  event::Timer age_timer_;
  int64_t opened_ns_ = 0;
  uint64_t counted_rx_ = 0, counted_tx_ = 0;
  uint32_t active_streams_ = 0;
  uint32_t served_ = 0;
  bool is_upgraded_ = false;
  bool is_draining_ = false;
  bool peer_ended_ = false;
};

}  // namespace weir::extensions::http_connection_manager
