#include "source/extensions/http_filters/router/upstream_try.h"

#include <utility>

#include "source/base/check.h"

namespace weir::extensions::router {

void UpstreamTry::Start(upstream::LocalCluster& cluster, const balancing::PickContext& context,
                        int priority, base::Arena& arena) {
  WEIR_DCHECK(is_idle());
  state_ = State::kAsking;
  is_abandoned_ = response_ended_ = false;
  upstream_ = {};
  auto pending = cluster.RequestStream(context, priority, arena, *this);
  // The answer may have come already, and may even have begun the next try.
  if (pending != nullptr) pending_ = std::move(pending);
}

void UpstreamTry::Abandon(bool for_good) {
  is_abandoned_ = true;
  if (for_good) listener_ = nullptr;
  pending_.reset();
  if (state_ == State::kAsking) {
    state_ = State::kIdle;
    if (listener_ != nullptr) listener_->OnTryIdle();
  } else if (stream_ != nullptr) {
    std::exchange(stream_, nullptr)->Reset(http::ResetKind::kCancel);
  }
}

void UpstreamTry::Leave() {
  is_abandoned_ = true;
  stream_ = nullptr;
}

void UpstreamTry::LetGo() {
  Leave();
  listener_ = nullptr;
}

void UpstreamTry::OnStreamReady(http::ClientStream& stream,
                                const upstream::UpstreamInfo& upstream) {
  state_ = State::kRunning;
  stream_ = &stream;
  upstream_ = upstream;
  pending_.reset();
  listener_->OnTryReady(stream);
}

void UpstreamTry::OnStreamFailed(const http::StreamError& error, const balancing::HostPtr& host) {
  state_ = State::kIdle;
  upstream_.host = host;
  pending_.reset();
  listener_->OnTryFailed(error);
  if (listener_ != nullptr && is_idle()) listener_->OnTryIdle();
}

void UpstreamTry::OnTransportFailure(std::string_view reason) {
  if (!is_abandoned_) listener_->OnTryTransportFailure(reason);
}

void UpstreamTry::OnInformational(http::ResponseHead& head) {
  if (!is_abandoned_) listener_->OnTryInformational(head);
}

void UpstreamTry::OnResponseHead(http::ResponseHead& head, bool ends_stream) {
  response_ended_ = ends_stream;
  if (!is_abandoned_) listener_->OnTryHead(head, ends_stream);
}

void UpstreamTry::OnResponseBody(base::Buffer& body, bool ends_stream) {
  response_ended_ = ends_stream;
  if (is_abandoned_) {
    body.Clear();
  } else {
    listener_->OnTryBody(body, ends_stream);
  }
}

void UpstreamTry::OnResponseTrailers(http::HeaderMap& trailers) {
  response_ended_ = true;
  if (!is_abandoned_) listener_->OnTryTrailers(trailers);
}

void UpstreamTry::OnStreamReset(const http::StreamError& error) {
  stream_ = nullptr;
  if (!is_abandoned_) listener_->OnTryFailed(error);
}

void UpstreamTry::OnStreamDone() {
  stream_ = nullptr;
  state_ = State::kIdle;
  if (listener_ != nullptr) listener_->OnTryIdle();
}

void UpstreamTry::OnSendHigh() {
  if (!is_abandoned_) listener_->OnTryHigh();
}

void UpstreamTry::OnSendLow() {
  if (!is_abandoned_) listener_->OnTryLow();
}

}  // namespace weir::extensions::router
