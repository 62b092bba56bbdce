// The contract of an HTTP filter: sees a request on its way in (filters in order 1..n) and the
// response on its way out (n..1), may change, hold, answer or end it.
//
//   head, body, body+end          OnRequestHead(false) OnRequestBody(false) OnRequestBody(true)
//   head only                     OnRequestHead(true)
//   with trailers                 OnRequestHead(false) … OnRequestTrailers
//
// Two answers. kContinue: on to the next filter (and, if this filter had paused the direction, go
// on with what was held). kPause: stop here; the direction goes on when the filter calls
// Stream::ResumeRequest (ResumeResponse), or answers kContinue to a later event. A filter that
// paused still hears of body and trailers that arrive; what it leaves in `body` is held for it.
// Over the stream's buffer limit the sender is paused; a filter that needs a whole body says so by
// HoldRequestBody(max): more than that is answered with 413 (a response: 500).
//
// The last filter of a chain is terminal (the router): it always answers kPause to request events
// and produces the response by Stream::SendHead / SendBody / SendTrailers.
//
// One filter object a stream, made in recycled storage, destroyed after OnStreamEnd. Worker's
// thread. After OnStreamEnd no Stream method may be called.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/event/loop.h"
#include "source/filter/stream_info.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/routing/route.h"
#include "source/routing/route_table.h"

namespace weir::filter {

enum class FilterStatus : uint8_t { kContinue, kPause };

// What a filter may ask of its stream.
class Stream {
 public:
  virtual void ResumeRequest() = 0;
  virtual void ResumeResponse() = 0;
  // This filter needs the whole body and holds it by kPause: at most `max_bytes`.
  virtual void HoldRequestBody(uint64_t max_bytes) = 0;
  virtual void HoldResponseBody(uint64_t max_bytes) = 0;
  // What this filter holds by kPause, for looking at and changing. What it puts there when it hears
  // of trailers goes in front of them.
  virtual base::Buffer& held_request_body() = 0;
  virtual base::Buffer& held_response_body() = 0;

  // Ends the request here: a complete response, which earlier filters see on its way out. Ignored
  // once a response head was sent downstream; then the stream is reset. `details`: static text.
  // To a gRPC request it becomes a reply of headers alone, with 200 and a grpc-status for `status`
  // (or the one that `edit` sets), and `body` as grpc-message.
  virtual void ReplyLocally(
      int status, std::string_view body, std::string_view details,
      absl::FunctionRef<void(http::ResponseHead&)> edit = [](http::ResponseHead&) {}) = 0;
  // Ends the stream abruptly.
  virtual void Reset(const http::StreamError& error) = 0;

  // The terminal filter's response. `head` and `trailers` stay valid until OnStreamEnd.
  virtual void SendInformational(http::ResponseHead& head) = 0;
  virtual void SendHead(http::ResponseHead& head, bool ends_stream) = 0;
  virtual void SendBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void SendTrailers(http::HeaderMap& trailers) = 0;
  // Flow control between the terminal filter and downstream, both counted.
  virtual void PauseRequestBody() = 0;
  virtual void ResumeRequestBody() = 0;

  virtual StreamInfo& info() = 0;
  virtual base::Arena& arena() = 0;
  virtual event::Loop& loop() = 0;
  // The route the request matched; null when none did. Pinned for the stream.
  virtual const routing::Route* route() = 0;
  virtual const routing::RouteTable* route_table() = 0;
  // Matches again after a filter changed the head; only before the terminal filter saw it.
  virtual void RefreshRoute() = 0;
  // This filter's settings for the route: the most specific of weighted cluster, route, virtual
  // host and table, or null.
  virtual const routing::FilterConfig* RouteConfig() = 0;

 protected:
  ~Stream() = default;
};

class HttpFilter {
 public:
  virtual ~HttpFilter() = default;

  virtual FilterStatus OnRequestHead(http::RequestHead&, bool /*ends_stream*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnRequestBody(base::Buffer&, bool /*ends_stream*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnRequestTrailers(http::HeaderMap&) { return FilterStatus::kContinue; }
  virtual FilterStatus OnResponseHead(http::ResponseHead&, bool /*ends_stream*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnResponseBody(base::Buffer&, bool /*ends_stream*/) {
    return FilterStatus::kContinue;
  }
  virtual FilterStatus OnResponseTrailers(http::HeaderMap&) { return FilterStatus::kContinue; }
  // For the terminal filter: downstream takes no more for now, and takes more again.
  virtual void OnDownstreamHigh() {}
  virtual void OnDownstreamLow() {}
  // The stream is over, for whatever reason; called once, before destruction.
  virtual void OnStreamEnd() {}

 protected:
  Stream& stream() { return *stream_; }

 private:
  friend class HttpFilterChain;
  Stream* stream_ = nullptr;
};

}  // namespace weir::filter
