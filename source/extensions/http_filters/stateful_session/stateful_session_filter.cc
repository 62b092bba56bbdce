#include "source/extensions/http_filters/stateful_session/stateful_session_filter.h"

namespace weir::extensions::stateful_session {

using filter::FilterStatus;

FilterStatus StatefulSessionFilter::OnRequestHead(http::RequestHead& head, bool) {
  if (const routing::FilterConfig* const of_route = stream().RouteConfig()) {
    settings_ = &static_cast<const RouteSessionSettings*>(of_route)->settings();
  }
  if (settings_->state == nullptr || !HasSession(*settings_->state, head.path)) {
    return FilterStatus::kContinue;
  }
  has_session_ = true;
  if (auto address = ReadHost(*settings_->state, head, NowS())) {
    wanted_ = {*std::move(address), settings_->is_strict, settings_->status_without_host};
    stream().info().wanted_host = &wanted_;
  }
  return FilterStatus::kContinue;
}

// A reply of ours says nothing of the session: the host may be well again by the next request.
FilterStatus StatefulSessionFilter::OnResponseHead(http::ResponseHead& head, bool) {
  const filter::StreamInfo& info = stream().info();
  const balancing::Host* const host = info.upstream_host.get();
  if (!has_session_ || host == nullptr || info.response_code_details != "via_upstream") {
    return FilterStatus::kContinue;
  }
  if (!(host->address() == wanted_.address)) {
    WriteHost(*settings_->state, *host, NowS(), head.headers);
  }
  return FilterStatus::kContinue;
}

}  // namespace weir::extensions::stateful_session
