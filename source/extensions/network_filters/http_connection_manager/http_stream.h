// One request and its response on a downstream connection: prepares the head, finds the route,
// runs the filter chain, keeps the stream's timeouts, and writes the record when it is over.
//
// Recycled: a worker keeps finished streams and begins new ones in them, so that a steady request
// allocates nothing. Worker's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "source/event/loop.h"
#include "source/event/published.h"
#include "source/event/timer.h"
#include "source/extensions/network_filters/http_connection_manager/hcm_config.h"
#include "source/extensions/network_filters/http_connection_manager/request_preparation.h"
#include "source/filter/http_filter_chain.h"
#include "source/http/codec.h"
#include "source/routing/route_table.h"

namespace weir::extensions::http_connection_manager {

class HcmConnection;

class HttpStream final : private http::ServerStreamHandler,
                         private filter::StreamSink,
                         private event::TurnEndHook {
 public:
  explicit HttpStream(event::Loop& loop);
  ~HttpStream();

  // `codec_stream` and `arena` live until OnStreamDone.
  void Begin(HcmConnection& connection, http::ServerStream& codec_stream, base::Arena& arena);
  http::ServerStreamHandler& handler() { return *this; }
  // At the end of the turn the filters are destroyed and the stream waits for its next request.
  void RecycleLater(std::shared_ptr<const HcmConfig> config);

 private:
  // http::ServerStreamHandler
  void OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  void OnRequestBody(base::Buffer& body, bool ends_stream) override;
  void OnRequestTrailers(http::HeaderMap& trailers) override;
  void OnStreamReset(const http::StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override { chain_.OnDownstreamHigh(); }
  void OnSendLow() override { chain_.OnDownstreamLow(); }
  // filter::StreamSink
  void WriteInformational(http::ResponseHead& head) override;
  void WriteHead(http::ResponseHead& head, bool ends_stream) override;
  void WriteBody(base::Buffer& body, bool ends_stream) override;
  void WriteTrailers(http::HeaderMap& trailers) override;
  void ResetStream(const http::StreamError& error) override;
  void PauseReceiving() override;
  void ResumeReceiving() override;
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return *arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return info_.route; }
  const routing::RouteTable* route_table() override { return table_.get(); }
  void RefreshRoute() override;
  // event::TurnEndHook
  void OnTurnEnd() override;

  void Refuse(const Refusal& refusal);
  bool AdmitUpgrade(const http::RequestHead& head);
  bool OpensTunnel(const http::ResponseHead& head) const;
  void RemoveInternalOnlyFields(http::RequestHead& head);
  void LimitDuration();
  // The route's, when it forwards; else null.
  const routing::ForwardAction* ForwardAction() const;
  void SendContinue();
  void RequestEnded();
  void ResponseEnded();
  void ChooseIdleTimeout();
  void Touch();
  void OnIdle();
  void OnRequestTimeout();
  void OnTooOld();
  void FinishResponseHead(http::ResponseHead& head);
  void CountResponse(int status);

  event::Loop& loop_;
  HcmConnection* connection_ = nullptr;
  const HcmConfig* config_ = nullptr;
  http::ServerStream* codec_stream_ = nullptr;
  base::Arena* arena_ = nullptr;
  filter::StreamInfo info_;
  net::Address remote_;
  event::Pin<routing::RouteTable> table_;
  filter::HttpFilterChain chain_;
  event::Timer idle_timer_;
  event::Timer request_timer_;
  event::Timer duration_timer_;
  std::shared_ptr<const HcmConfig> recycled_to_;
  bool request_ended_ = false;
  bool response_started_ = false;
  bool is_tunnel_ = false;
  bool is_done_ = false;
  int64_t idle_timeout_ms_ = 0;  // 0: none
};

}  // namespace weir::extensions::http_connection_manager
