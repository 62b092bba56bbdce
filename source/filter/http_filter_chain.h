// Runs the HTTP filters of one stream: the order, the pauses, what is held while paused, local
// replies. The connection manager's stream owns it and is its StreamSink.
//
//   request:   sink → filter 0 → … → filter n-1 (terminal)
//   response:  terminal → filter n-2 → … → filter 0 → sink
//
// The chain is recycled with its stream: Begin makes the filters in the storage it keeps, End tells
// them that the stream is over, Clear destroys them (at the end of the turn: End may be called from
// inside a filter). Worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "source/filter/http_filter.h"
#include "source/filter/http_filter_config.h"

namespace weir::filter {

// Where the response comes out, and what the chain needs of the stream around it.
class StreamSink {
 public:
  virtual void WriteInformational(http::ResponseHead& head) = 0;
  virtual void WriteHead(http::ResponseHead& head, bool ends_stream) = 0;
  virtual void WriteBody(base::Buffer& body, bool ends_stream) = 0;
  virtual void WriteTrailers(http::HeaderMap& trailers) = 0;
  virtual void ResetStream(const http::StreamError& error) = 0;
  virtual void PauseReceiving() = 0;
  virtual void ResumeReceiving() = 0;
  virtual StreamInfo& info() = 0;
  virtual base::Arena& arena() = 0;
  virtual event::Loop& loop() = 0;
  virtual const routing::Route* route() = 0;
  virtual const routing::RouteTable* route_table() = 0;
  virtual void RefreshRoute() = 0;

 protected:
  ~StreamSink() = default;
};

class HttpFilterChain {
 public:
  HttpFilterChain();
  ~HttpFilterChain();

  // `limit_bytes`: how much a paused direction may hold before its sender is paused.
  void Begin(const HttpFilterList& filters, StreamSink& sink, uint32_t limit_bytes);
  void End();
  void Clear();

  void OnRequestHead(http::RequestHead& head, bool ends_stream);
  void OnRequestBody(base::Buffer& body, bool ends_stream);
  void OnRequestTrailers(http::HeaderMap& trailers);
  void OnDownstreamHigh();
  void OnDownstreamLow();
  // A reply of the connection manager itself: all filters that saw the request see it.
  void ReplyLocally(int status, std::string_view body, std::string_view details,
                    absl::FunctionRef<void(http::ResponseHead&)> edit);

  bool has_response_head() const { return response_.head != nullptr; }
  bool has_replied_locally() const { return replied_locally_; }
  bool is_over() const { return over_; }

 private:
  class Link;

  // What a filter that paused keeps back, one for each filter and direction.
  struct Gate {
    bool paused = false;
    bool saw_head = false;
    bool holds_head = false;
    bool holds_end = false;
    bool head_ends = false;  // nothing came behind the head, not even an empty body
    bool sender_paused = false;
    uint64_t hold_limit = 0;  // 0: hold without limit but pause the sender
    base::Buffer held;
    http::HeaderMap* held_trailers = nullptr;
  };
  struct Direction {
    bool is_request = false;
    size_t count = 0;         // filters it passes
    std::vector<Gate> gates;  // by position in this direction
    void* head = nullptr;     // RequestHead or ResponseHead
    bool ended = false;       // its last event was given to the chain
  };

  HttpFilter& FilterAt(const Direction& direction, size_t position);
  size_t IndexAt(const Direction& direction, size_t position) const;
  bool IsStopped(const Direction& direction) const;

  void PassHead(Direction& direction, size_t position, bool ends_stream);
  void PassBody(Direction& direction, size_t position, base::Buffer& body, bool ends_stream);
  void PassTrailers(Direction& direction, size_t position, http::HeaderMap& trailers);
  void Resume(Direction& direction, size_t position);
  void Hold(Direction& direction, size_t position, base::Buffer& body, bool ends_stream);
  void PauseSender(Direction& direction, Gate& gate);
  void ResumeSender(Direction& direction, Gate& gate);
  void StartResponse(size_t position, http::ResponseHead& head, bool ends_stream);
  void ReplyFrom(size_t filter_index, int status, std::string_view body, std::string_view details,
                 absl::FunctionRef<void(http::ResponseHead&)> edit);

  StreamSink* sink_ = nullptr;
  const HttpFilterList* list_ = nullptr;
  std::vector<HttpFilter*> filters_;
  std::vector<Link> links_;
  std::unique_ptr<std::max_align_t[]> storage_;
  size_t storage_bytes_ = 0;
  uint32_t limit_bytes_ = 0;
  Direction request_, response_;
  std::optional<http::ResponseHead> local_head_;
  bool replied_locally_ = false;
  bool over_ = false;
};

// One filter's own handle on the stream: the chain, and the filter's place in it.
class HttpFilterChain::Link final : public Stream {
 public:
  Link(HttpFilterChain& chain, size_t index) : chain_(&chain), index_(index) {}

  void ResumeRequest() override;
  void ResumeResponse() override;
  void HoldRequestBody(uint64_t max_bytes) override;
  void HoldResponseBody(uint64_t max_bytes) override;
  base::Buffer& held_request_body() override;
  base::Buffer& held_response_body() override;
  void ReplyLocally(int status, std::string_view body, std::string_view details,
                    absl::FunctionRef<void(http::ResponseHead&)> edit) override;
  void Reset(const http::StreamError& error) override;
  void SendInformational(http::ResponseHead& head) override;
  void SendHead(http::ResponseHead& head, bool ends_stream) override;
  void SendBody(base::Buffer& body, bool ends_stream) override;
  void SendTrailers(http::HeaderMap& trailers) override;
  void PauseRequestBody() override { chain_->sink_->PauseReceiving(); }
  void ResumeRequestBody() override { chain_->sink_->ResumeReceiving(); }
  StreamInfo& info() override { return chain_->sink_->info(); }
  base::Arena& arena() override { return chain_->sink_->arena(); }
  event::Loop& loop() override { return chain_->sink_->loop(); }
  const routing::Route* route() override { return chain_->sink_->route(); }
  const routing::RouteTable* route_table() override { return chain_->sink_->route_table(); }
  void RefreshRoute() override { chain_->sink_->RefreshRoute(); }
  const routing::FilterConfig* RouteConfig() override;

 private:
  size_t ResponsePosition() const;

  HttpFilterChain* chain_;
  size_t index_;
};

}  // namespace weir::filter
