// Tested by test/http2/round_trip_test.cc.

#include "source/http2/stream.h"

#include "source/http2/session.h"

namespace weir::http2 {
namespace {

uint32_t CodeOf(http::ResetKind kind) {
  switch (kind) {
    case http::ResetKind::kCancel:
      return NGHTTP2_CANCEL;
    case http::ResetKind::kInternal:
      return NGHTTP2_INTERNAL_ERROR;
    case http::ResetKind::kProtocol:
      return NGHTTP2_PROTOCOL_ERROR;
    case http::ResetKind::kRefused:
      return NGHTTP2_REFUSED_STREAM;
  }
  return NGHTTP2_INTERNAL_ERROR;
}

}  // namespace

// A body that is not as long as its head has promised must not look whole.
bool Stream::KeepsPromise(size_t bytes, bool ends_stream) {
  if (promised_bytes_ < 0) return true;
  if (static_cast<uint64_t>(promised_bytes_) < bytes) return false;
  promised_bytes_ -= static_cast<int64_t>(bytes);
  return !ends_stream || promised_bytes_ == 0;
}

void Stream::QueueBody(base::Buffer& body, bool ends_stream) {
  if (!head_sent_ || send_ended_ || is_cut_) return body.Clear();
  if (is_bodiless_) {
    body.Clear();
  } else if (!KeepsPromise(body.size(), ends_stream)) {
    body.Clear();
    return Cut(http::ResetKind::kInternal);
  }
  if (body.empty() && !ends_stream) return;
  session_.NotePending(static_cast<int64_t>(body.size()));
  to_send_.Move(body);
  send_ended_ = ends_stream;
  session_.ResumeBody(*this);
  session_.WriteFor(*this);
}

void Stream::QueueTrailers(const http::HeaderMap& trailers) {
  if (!head_sent_ || send_ended_ || is_cut_) return;
  if (!is_bodiless_ && !KeepsPromise(0, true)) return Cut(http::ResetKind::kInternal);
  trailers_ = arena().New<http::HeaderMap>(arena());
  for (const http::Header& field : trailers) {
    trailers_->Add(field.id, arena().Copy(field.name), arena().Copy(field.value));
  }
  send_ended_ = true;
  if (!to_send_.empty() || !session_.SubmitTrailers(*this)) session_.ResumeBody(*this);
  session_.WriteFor(*this);
}

void Stream::Cut(http::ResetKind kind) { session_.Reset(*this, CodeOf(kind)); }

void Stream::Resume() {
  if (pauses_ > 0 && --pauses_ == 0) session_.ReturnWindow(*this);
}

}  // namespace weir::http2
