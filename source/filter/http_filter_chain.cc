#include "source/filter/http_filter_chain.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/http/grpc.h"

namespace weir::filter {

namespace {

size_t Aligned(size_t bytes) {
  constexpr size_t kAlign = alignof(std::max_align_t);
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

// What a deadline of ours ended is no unavailability.
http::GrpcStatus GrpcStatusOf(int status, const ResponseFlags& flags) {
  for (const ResponseFlag flag :
       {ResponseFlag::kUpstreamRequestTimeout, ResponseFlag::kUpstreamMaxStreamDuration,
        ResponseFlag::kDurationTimeout}) {
    if (flags.Has(flag)) return http::GrpcStatus::kDeadlineExceeded;
  }
  return http::GrpcStatusOfHttp(status);
}

// gRPC's clients read no other reply than one of "trailers only": 200 and the status in a field.
void BecomeGrpc(const ResponseFlags& flags, std::string_view body, http::ResponseHead& head) {
  http::HeaderMap& fields = head.headers;
  const http::GrpcStatus status = GrpcStatusOf(head.status, flags);
  head.status = 200;
  head.content_length = -1;
  fields.Remove(http::HeaderId::kContentType);
  fields.Add(http::HeaderId::kContentType, "application/grpc");
  if (!fields.Has(http::HeaderId::kGrpcStatus)) {
    fields.Add(http::HeaderId::kGrpcStatus, http::GrpcStatusNumber(status));
  }
  if (body.empty()) return;
  fields.Remove(http::HeaderId::kGrpcMessage);
  fields.Add(http::HeaderId::kGrpcMessage, http::EncodeGrpcMessage(body, fields.arena()));
}

}  // namespace

HttpFilterChain::HttpFilterChain() = default;

HttpFilterChain::~HttpFilterChain() { Clear(); }

void HttpFilterChain::Begin(const HttpFilterList& filters, StreamSink& sink, uint32_t limit_bytes) {
  WEIR_DCHECK(filters_.empty());
  sink_ = &sink;
  list_ = &filters;
  limit_bytes_ = limit_bytes;
  size_t needed = 0;
  for (const auto& entry : filters.entries) needed += Aligned(entry.config->filter_bytes());
  if (needed > storage_bytes_) {
    storage_.reset(new std::max_align_t[needed / sizeof(std::max_align_t) + 1]);
    storage_bytes_ = needed;
  }
  const size_t count = filters.entries.size();
  links_.clear();
  for (size_t i = 0; i < count; ++i) links_.emplace_back(*this, i);
  char* place = reinterpret_cast<char*>(storage_.get());
  for (size_t i = 0; i < count; ++i) {
    const HttpFilterConfig& config = *filters.entries[i].config;
    filters_.push_back(config.Create(place));
    filters_.back()->stream_ = &links_[i];
    place += Aligned(config.filter_bytes());
  }
  request_.is_request = true;
  request_.count = count;
  response_.is_request = false;
  response_.count = count - 1;  // the terminal filter makes the response
  if (request_.gates.size() < count) request_.gates.resize(count);
  if (response_.gates.size() < count) response_.gates.resize(count);
}

void HttpFilterChain::End() {
  if (over_) return;
  over_ = true;
  for (HttpFilter* filter : filters_) filter->OnStreamEnd();
}

void HttpFilterChain::Clear() {
  for (HttpFilter* filter : filters_) filter->~HttpFilter();
  filters_.clear();
  for (Direction* direction : {&request_, &response_}) {
    for (Gate& gate : direction->gates) gate = Gate();
    direction->head = nullptr;
    direction->ended = false;
  }
  local_head_.reset();
  replied_locally_ = false;
  over_ = false;
}

size_t HttpFilterChain::IndexAt(const Direction& direction, size_t position) const {
  return direction.is_request ? position : filters_.size() - 2 - position;
}

HttpFilter& HttpFilterChain::FilterAt(const Direction& direction, size_t position) {
  return *filters_[IndexAt(direction, position)];
}

// A callback may have ended the stream, or answered the request.
bool HttpFilterChain::IsStopped(const Direction& direction) const {
  return over_ || (direction.is_request && replied_locally_);
}

void HttpFilterChain::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  request_.head = &head;
  request_.ended = ends_stream;
  PassHead(request_, 0, ends_stream);
}

void HttpFilterChain::OnRequestBody(base::Buffer& body, bool ends_stream) {
  if (IsStopped(request_)) {
    body.Clear();
    return;
  }
  request_.ended = ends_stream;
  PassBody(request_, 0, body, ends_stream);
}

void HttpFilterChain::OnRequestTrailers(http::HeaderMap& trailers) {
  if (IsStopped(request_)) return;
  request_.ended = true;
  PassTrailers(request_, 0, trailers);
}

void HttpFilterChain::OnDownstreamHigh() {
  if (!over_ && !filters_.empty()) filters_.back()->OnDownstreamHigh();
}

void HttpFilterChain::OnDownstreamLow() {
  if (!over_ && !filters_.empty()) filters_.back()->OnDownstreamLow();
}

void HttpFilterChain::PassHead(Direction& direction, size_t position, bool ends_stream) {
  for (; position < direction.count; ++position) {
    Gate& gate = direction.gates[position];
    gate.saw_head = true;
    HttpFilter& filter = FilterAt(direction, position);
    const FilterStatus status =
        direction.is_request
            ? filter.OnRequestHead(*static_cast<http::RequestHead*>(direction.head), ends_stream)
            : filter.OnResponseHead(*static_cast<http::ResponseHead*>(direction.head), ends_stream);
    if (IsStopped(direction)) return;
    if (status == FilterStatus::kPause) {
      gate.paused = gate.holds_head = true;
      gate.holds_end = gate.head_ends = ends_stream;
      return;
    }
  }
  if (!direction.is_request) {
    sink_->WriteHead(*static_cast<http::ResponseHead*>(direction.head), ends_stream);
  }
}

void HttpFilterChain::PassBody(Direction& direction, size_t position, base::Buffer& body,
                               bool ends_stream) {
  for (; position < direction.count; ++position) {
    HttpFilter& filter = FilterAt(direction, position);
    const FilterStatus status = direction.is_request ? filter.OnRequestBody(body, ends_stream)
                                                     : filter.OnResponseBody(body, ends_stream);
    if (IsStopped(direction)) {
      body.Clear();
      return;
    }
    const bool was_paused = direction.gates[position].paused;
    if (status == FilterStatus::kPause || was_paused) {
      Hold(direction, position, body, ends_stream);
      if (status == FilterStatus::kContinue) Resume(direction, position);
      return;
    }
  }
  if (direction.is_request) {
    body.Clear();
  } else {
    sink_->WriteBody(body, ends_stream);
  }
}

void HttpFilterChain::PassTrailers(Direction& direction, size_t position,
                                   http::HeaderMap& trailers) {
  for (; position < direction.count; ++position) {
    HttpFilter& filter = FilterAt(direction, position);
    const FilterStatus status = direction.is_request ? filter.OnRequestTrailers(trailers)
                                                     : filter.OnResponseTrailers(trailers);
    if (IsStopped(direction)) return;
    Gate& gate = direction.gates[position];
    // What the filter put into its held body goes in front of them.
    if (status == FilterStatus::kPause || gate.paused || !gate.held.empty()) {
      gate.paused = true;
      gate.held_trailers = &trailers;
      if (status == FilterStatus::kContinue) Resume(direction, position);
      return;
    }
  }
  if (!direction.is_request) sink_->WriteTrailers(trailers);
}

// Lets go of what the filter at `position` kept back: head, body, trailers, in this order.
void HttpFilterChain::Resume(Direction& direction, size_t position) {
  Gate& gate = direction.gates[position];
  if (!gate.paused || IsStopped(direction)) return;
  gate.paused = false;
  http::HeaderMap* trailers = std::exchange(gate.held_trailers, nullptr);
  const bool ends_with_body = std::exchange(gate.holds_end, false) && trailers == nullptr;
  base::Buffer body = std::move(gate.held);
  bool end_is_told = false;
  if (std::exchange(gate.holds_head, false)) {
    end_is_told = gate.head_ends && body.empty();
    PassHead(direction, position + 1, end_is_told);
  }
  ResumeSender(direction, gate);
  if (!IsStopped(direction) && (!body.empty() || (ends_with_body && !end_is_told))) {
    PassBody(direction, position + 1, body, ends_with_body);
  }
  if (trailers != nullptr && !IsStopped(direction)) {
    PassTrailers(direction, position + 1, *trailers);
  }
}

void HttpFilterChain::Hold(Direction& direction, size_t position, base::Buffer& body,
                           bool ends_stream) {
  Gate& gate = direction.gates[position];
  gate.paused = true;
  gate.held.Move(body);
  gate.holds_end |= ends_stream;
  if (gate.hold_limit != 0 && gate.held.size() > gate.hold_limit) {
    const size_t index = IndexAt(direction, position);
    if (direction.is_request) {
      ReplyFrom(index, 413, "Payload Too Large", "request_payload_too_large",
                [](http::ResponseHead&) {});
    } else {
      sink_->ResetStream(
          {http::ErrorKind::kLocal, http::Side::kLocal, false, "response_payload_too_large"});
    }
    return;
  }
  if (gate.hold_limit == 0 && gate.held.size() > limit_bytes_) PauseSender(direction, gate);
}

void HttpFilterChain::PauseSender(Direction& direction, Gate& gate) {
  if (gate.sender_paused) return;
  gate.sender_paused = true;
  if (direction.is_request) {
    sink_->PauseReceiving();
  } else {
    filters_.back()->OnDownstreamHigh();
  }
}

void HttpFilterChain::ResumeSender(Direction& direction, Gate& gate) {
  if (!gate.sender_paused || over_) return;
  gate.sender_paused = false;
  if (direction.is_request) {
    sink_->ResumeReceiving();
  } else {
    filters_.back()->OnDownstreamLow();
  }
}

void HttpFilterChain::StartResponse(size_t position, http::ResponseHead& head, bool ends_stream) {
  response_.head = &head;
  response_.ended = ends_stream;
  PassHead(response_, position, ends_stream);
}

void HttpFilterChain::ReplyLocally(int status, std::string_view body, std::string_view details,
                                   absl::FunctionRef<void(http::ResponseHead&)> edit) {
  size_t seen = 0;
  while (seen < request_.count && request_.gates[seen].saw_head) ++seen;
  ReplyFrom(seen, status, body, details, edit);
}

// The filters before `filter_index` see the reply on its way out.
void HttpFilterChain::ReplyFrom(size_t filter_index, int status, std::string_view body,
                                std::string_view details,
                                absl::FunctionRef<void(http::ResponseHead&)> edit) {
  if (over_) return;
  if (has_response_head()) {
    sink_->ResetStream({http::ErrorKind::kLocal, http::Side::kLocal, false, details});
    return;
  }
  replied_locally_ = true;
  http::ResponseHead* head = &local_head_.emplace(sink_->arena());
  head->status = status;
  head->content_length = static_cast<int64_t>(body.size());
  if (!body.empty()) head->headers.Add(http::HeaderId::kContentType, "text/plain");
  sink_->info().response_code_details = details;
  edit(*head);
  if (sink_->info().request != nullptr && http::IsGrpc(*sink_->info().request)) {
    BecomeGrpc(sink_->info().flags, body, *head);
    body = {};
  }
  const bool has_body = !body.empty();
  const size_t first = filters_.size() - 1 - std::min(filter_index, filters_.size() - 1);
  StartResponse(first, *head, !has_body);
  if (!has_body || over_) return;
  base::Buffer bytes;
  bytes.Append(body);
  response_.ended = true;
  PassBody(response_, first, bytes, true);
}

void HttpFilterChain::Link::ResumeRequest() { chain_->Resume(chain_->request_, index_); }

size_t HttpFilterChain::Link::ResponsePosition() const {
  return chain_->filters_.size() - 2 - index_;
}

void HttpFilterChain::Link::ResumeResponse() {
  chain_->Resume(chain_->response_, ResponsePosition());
}

void HttpFilterChain::Link::HoldRequestBody(uint64_t max_bytes) {
  chain_->request_.gates[index_].hold_limit = max_bytes;
}

void HttpFilterChain::Link::HoldResponseBody(uint64_t max_bytes) {
  chain_->response_.gates[ResponsePosition()].hold_limit = max_bytes;
}

base::Buffer& HttpFilterChain::Link::held_request_body() {
  return chain_->request_.gates[index_].held;
}

base::Buffer& HttpFilterChain::Link::held_response_body() {
  return chain_->response_.gates[ResponsePosition()].held;
}

void HttpFilterChain::Link::ReplyLocally(int status, std::string_view body,
                                         std::string_view details,
                                         absl::FunctionRef<void(http::ResponseHead&)> edit) {
  chain_->ReplyFrom(index_, status, body, details, edit);
}

void HttpFilterChain::Link::Reset(const http::StreamError& error) {
  if (!chain_->over_) chain_->sink_->ResetStream(error);
}

void HttpFilterChain::Link::SendInformational(http::ResponseHead& head) {
  if (!chain_->over_ && !chain_->has_response_head()) chain_->sink_->WriteInformational(head);
}

void HttpFilterChain::Link::SendHead(http::ResponseHead& head, bool ends_stream) {
  if (chain_->over_) return;
  WEIR_DCHECK(index_ + 1 == chain_->filters_.size());
  chain_->StartResponse(0, head, ends_stream);
}

void HttpFilterChain::Link::SendBody(base::Buffer& body, bool ends_stream) {
  if (chain_->over_) {
    body.Clear();
    return;
  }
  chain_->response_.ended = ends_stream;
  chain_->PassBody(chain_->response_, 0, body, ends_stream);
}

void HttpFilterChain::Link::SendTrailers(http::HeaderMap& trailers) {
  if (chain_->over_) return;
  chain_->response_.ended = true;
  chain_->PassTrailers(chain_->response_, 0, trailers);
}

const routing::FilterConfig* HttpFilterChain::Link::RouteConfig() {
  const routing::Route* route = chain_->sink_->route();
  if (route == nullptr) return nullptr;
  const std::string& name = chain_->list_->entries[index_].name;
  const auto find_in = [&name](const routing::FilterConfigMap& configs) {
    const auto found = configs.find(name);
    return found == configs.end() ? nullptr : found->second.get();
  };
  if (const auto* chosen = chain_->sink_->info().weighted_cluster; chosen != nullptr) {
    if (const auto* of_cluster = find_in(chosen->filter_configs)) return of_cluster;
  }
  if (const auto* of_route = find_in(route->filter_configs)) return of_route;
  if (route->virtual_host != nullptr) {
    if (const auto* of_host = find_in(route->virtual_host->filter_configs)) return of_host;
  }
  const routing::RouteTable* table = chain_->sink_->route_table();
  return table == nullptr ? nullptr : find_in(table->filter_configs());
}

}  // namespace weir::filter
