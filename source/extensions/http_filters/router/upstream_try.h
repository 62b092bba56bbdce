// One try of a request at one host: asks the cluster for a stream, hears the response, and tells
// the router. Begun again for the next try in the same place, once the last one is done.
//
//   idle ─Start─► asking ─OnStreamReady─► running ─OnStreamDone─► idle
//                   └──────OnStreamFailed──────────────────────────▲
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "source/base/buffer.h"
#include "source/http/codec.h"
#include "source/upstream/local_cluster.h"

namespace weir::extensions::router {

// What the router hears of a try. All on the worker, none after Abandon.
class TryListener {
 public:
  // A connection is there: send the request on `stream`.
  virtual void OnTryReady(http::ClientStream& stream) = 0;
  virtual void OnTryInformational(http::ResponseHead& head) = 0;
  virtual void OnTryHead(http::ResponseHead& head, bool ends_stream) = 0;
  virtual void OnTryBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void OnTryTrailers(http::HeaderMap& trailers) = 0;
  // Why the transport failed; OnTryFailed follows.
  virtual void OnTryTransportFailure(std::string_view reason) = 0;
  // The try failed; no response will come from it.
  virtual void OnTryFailed(const http::StreamError& error) = 0;
  // The try can be started again.
  virtual void OnTryIdle() = 0;
  // The upstream connection takes no more of the request for now, and takes more again.
  virtual void OnTryHigh() = 0;
  virtual void OnTryLow() = 0;

 protected:
  ~TryListener() = default;
};

class UpstreamTry final : private upstream::StreamRequester, private http::ClientStreamHandler {
 public:
  explicit UpstreamTry(TryListener& listener) : listener_(&listener) {}

  // Requires is_idle(). May call the listener before it returns.
  void Start(upstream::LocalCluster& cluster, const balancing::PickContext& context, int priority,
             base::Arena& arena);
  // Ends the try, whatever its state, and silences the listener (OnTryIdle excepted unless
  // `for_good`).
  void Abandon(bool for_good);
  // Both directions have ended: the stream is not to be touched any more, its connection stays
  // good. Silences the listener, OnTryIdle excepted.
  void Leave();
  // The same, for good.
  void LetGo();

  bool is_idle() const { return state_ == State::kIdle; }
  bool has_response_ended() const { return response_ended_; }
  http::ClientStream* stream() { return stream_; }
  const upstream::UpstreamInfo& upstream() const { return upstream_; }

 private:
  enum class State : uint8_t { kIdle, kAsking, kRunning };

  // upstream::StreamRequester
  http::ClientStreamHandler& stream_handler() override { return *this; }
  void OnStreamReady(http::ClientStream& stream, const upstream::UpstreamInfo& upstream) override;
  void OnStreamFailed(const http::StreamError& error, const balancing::HostPtr& host) override;
  void OnTransportFailure(std::string_view reason) override;
  // http::ClientStreamHandler
  void OnInformational(http::ResponseHead& head) override;
  void OnResponseHead(http::ResponseHead& head, bool ends_stream) override;
  void OnResponseBody(base::Buffer& body, bool ends_stream) override;
  void OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnStreamReset(const http::StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override;
  void OnSendLow() override;

  TryListener* listener_;
  std::unique_ptr<upstream::PendingStream> pending_;
  http::ClientStream* stream_ = nullptr;
  upstream::UpstreamInfo upstream_;
  State state_ = State::kIdle;
  bool is_abandoned_ = false;
  bool response_ended_ = false;
};

}  // namespace weir::extensions::router
