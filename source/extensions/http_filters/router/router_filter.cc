#include "source/extensions/http_filters/router/router_filter.h"

#include <charconv>
#include <utility>

#include "source/base/random.h"
#include "source/filter/substitution_format.h"
#include "source/routing/header_mutator.h"
#include "source/routing/path_rewrite.h"
#include "source/routing/redirect.h"
#include "source/upstream/cluster_stats.h"

namespace weir::extensions::router {

namespace {

using filter::FilterStatus;
using filter::ResponseFlag;
using http::ErrorKind;
using http::HeaderId;

// What may wait for a connection, or be kept for another try, before the sender is paused.
constexpr size_t kBodyLimitBytes = 64 * 1024;

// A number of milliseconds in a header; -1 when there is none.
int64_t MillisecondsIn(const http::RequestHead& head, HeaderId id) {
  const std::string_view text = head.headers.Value(id);
  int64_t value = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool ok = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return ok && !text.empty() && value >= 0 ? value : -1;
}

void AddNumber(http::HeaderMap& headers, HeaderId id, int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  headers.Remove(id);
  headers.AddCopy(id, std::string_view(text, end - text));
}

void Cancel(std::optional<event::Timer>& timer) {
  if (timer.has_value()) timer->Cancel();
}

}  // namespace

RouterFilter::RouterFilter(const RouterSettings& settings) : settings_(settings), try_(*this) {}

RouterFilter::~RouterFilter() = default;

FilterStatus RouterFilter::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  head_ = &head;
  if (ends_stream) request_ended_ = true;
  const routing::Route* route = stream().route();
  if (route == nullptr) {
    Fail(404, ResponseFlag::kNoRouteFound, "", "route_not_found");
  } else if (NeedsTls(*route->virtual_host)) {
    RedirectToTls();
  } else if (const auto* redirect = std::get_if<routing::RedirectAction>(&route->action)) {
    Redirect(*redirect);
  } else if (const auto* direct = std::get_if<routing::DirectResponseAction>(&route->action)) {
    ReplyDirectly(*direct);
  } else {
    Forward(std::get<routing::ForwardAction>(route->action));
  }
  return FilterStatus::kPause;
}

bool RouterFilter::NeedsTls(const routing::VirtualHost& host) const {
  using RequireTls = routing::VirtualHost::RequireTls;
  if (host.require_tls == RequireTls::kNone || head_->scheme == "https") return false;
  const bool is_internal = head_->headers.Value(HeaderId::kXEnvoyInternal) == "true";
  return host.require_tls == RequireTls::kAll || !is_internal;
}

void RouterFilter::RedirectToTls() {
  routing::RedirectAction action;
  action.scheme = "https";
  Redirect(action);
}

void RouterFilter::Redirect(const routing::RedirectAction& action) {
  const std::string_view location = routing::RedirectLocation(action, *head_, stream().arena());
  stream().ReplyLocally(static_cast<int>(action.status), "", "direct_response",
                        [&](http::ResponseHead& head) {
                          head.headers.Add(HeaderId::kLocation, location);
                          FinishResponseHead(head);
                        });
}

void RouterFilter::ReplyDirectly(const routing::DirectResponseAction& action) {
  stream().ReplyLocally(static_cast<int>(action.status), action.body, "direct_response",
                        [&](http::ResponseHead& head) { FinishResponseHead(head); });
}

upstream::ClusterSlot* RouterFilter::ChooseSlot(const routing::ForwardAction& action) {
  filter::StreamInfo& info = stream().info();
  if (!action.cluster_header.empty()) {
    info.cluster_name = head_->headers.Value(action.cluster_header);
    return info.cluster_name.empty() ? nullptr : settings_.clusters->FindSlot(info.cluster_name);
  }
  const routing::ClusterRef* chosen = &action.cluster;
  if (!action.weighted.empty()) {
    uint64_t random = info.stream_id;
    if (!action.random_header.empty()) {
      const std::string_view text = head_->headers.Value(action.random_header);
      std::from_chars(text.data(), text.data() + text.size(), random);
    }
    weighted_ = routing::RouteTable::Choose(action, random);
    if (weighted_ == nullptr) return nullptr;
    chosen = &weighted_->cluster;
  }
  info.cluster_name = chosen->name;
  return chosen->slot;
}

void RouterFilter::Forward(const routing::ForwardAction& action) {
  action_ = &action;
  upstream::ClusterSlot* slot = ChooseSlot(action);
  cluster_ = upstream::LocalClusterRef(slot == nullptr ? nullptr : slot->Here());
  if (!cluster_) {
    Fail(static_cast<int>(action.cluster_not_found_status), ResponseFlag::kNoClusterFound, "",
         "cluster_not_found");
    return;
  }
  const auto& of_host = stream().route()->virtual_host->retry;
  const routing::RetryPolicy* policy =
      action.retry.has_value() ? &*action.retry : (of_host.has_value() ? &*of_host : nullptr);
  retry_.Begin(policy, *head_);
  if (policy != nullptr) {
    try_timeout_ms_ = absl::ToInt64Milliseconds(policy->per_try_timeout);
    try_idle_timeout_ms_ = absl::ToInt64Milliseconds(policy->per_try_idle_timeout);
  }
  ReadTimeouts(action);
  PrepareHead(action);
  if (request_ended_) RequestEnded();
  StartTry();
}

void RouterFilter::ReadTimeouts(const routing::ForwardAction& action) {
  timeout_ms_ = absl::ToInt64Milliseconds(action.timeout);
  const int64_t asked = MillisecondsIn(*head_, HeaderId::kXEnvoyUpstreamRqTimeoutMs);
  if (asked >= 0) timeout_ms_ = asked;
  const int64_t asked_try = MillisecondsIn(*head_, HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs);
  if (asked_try >= 0) try_timeout_ms_ = asked_try;
  if (settings_.respect_expected_rq_timeout) {
    const int64_t expected = MillisecondsIn(*head_, HeaderId::kXEnvoyExpectedRqTimeoutMs);
    if (expected >= 0) timeout_ms_ = expected;
  }
  if (timeout_ms_ > 0 && try_timeout_ms_ >= timeout_ms_) try_timeout_ms_ = 0;
}

// Rewrites and header changes are made once; every try sends the same head.
void RouterFilter::PrepareHead(const routing::ForwardAction& action) {
  http::HeaderMap& headers = head_->headers;
  for (const HeaderId ours :
       {HeaderId::kXEnvoyRetryOn, HeaderId::kXEnvoyMaxRetries, HeaderId::kXEnvoyUpstreamRqTimeoutMs,
        HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs}) {
    headers.Remove(ours);
  }
  const int64_t expected_ms = try_timeout_ms_ > 0 ? try_timeout_ms_ : timeout_ms_;
  if (!settings_.suppress_envoy_headers && expected_ms > 0) {
    AddNumber(headers, HeaderId::kXEnvoyExpectedRqTimeoutMs, expected_ms);
  }
  base::Arena& arena = stream().arena();
  if (action.path_rewrite != nullptr) {
    if (!settings_.suppress_envoy_headers) {
      headers.Remove(HeaderId::kXEnvoyOriginalPath);
      headers.Add(HeaderId::kXEnvoyOriginalPath, head_->path);
    }
    head_->path = routing::RewritePath(*action.path_rewrite, head_->path, arena);
  }
  RewriteHost(action);
  const routing::RouteTable* table = stream().route_table();
  routing::ApplyRequestMutations(
      *table, *stream().route(), weighted_, headers,
      [this](const routing::ValueTemplate& value) { return Evaluate(value); });
}

void RouterFilter::RewriteHost(const routing::ForwardAction& action) {
  http::HeaderMap& headers = head_->headers;
  const std::string_view original = head_->authority;
  if (weighted_ != nullptr && !weighted_->host_rewrite.empty()) {
    head_->authority = weighted_->host_rewrite;
  } else if (!action.host_rewrite.empty()) {
    head_->authority = action.host_rewrite;
  } else if (!action.host_rewrite_header.empty()) {
    const std::string_view named = headers.Value(action.host_rewrite_header);
    if (!named.empty()) head_->authority = named;
  }
  if (action.append_x_forwarded_host && head_->authority != original) {
    headers.Add(HeaderId::kXForwardedHost, original);
  }
}

std::string_view RouterFilter::Evaluate(const routing::ValueTemplate& value) {
  return filter::EvaluateTemplate(value, stream().info(), stream().arena());
}

void RouterFilter::StartTry() {
  filter::StreamInfo& info = stream().info();
  ++info.attempt_count;
  sent_anything_ = false;
  if (std::exchange(upstream_high_, false)) stream().ResumeRequestBody();
  absl::InlinedVector<const upstream::Host*, 4> tried;
  for (const upstream::HostPtr& host : tried_) tried.push_back(host.get());
  const upstream::PickContext context{head_, info.remote, tried.data(),
                                      static_cast<int>(tried.size())};
  try_.Start(*cluster_.get(), context, action_->priority, stream().arena());
}

void RouterFilter::OnTryReady(http::ClientStream& upstream_stream) {
  filter::StreamInfo& info = stream().info();
  const upstream::UpstreamInfo& upstream = try_.upstream();
  info.upstream_host = upstream.host;
  if (upstream.local_address != nullptr) info.upstream_local = *upstream.local_address;
  if (action_->auto_host_rewrite && !upstream.host->hostname().empty()) {
    head_->authority = stream().arena().Copy(upstream.host->hostname());
  }
  for (uint32_t i = 0; i < downstream_highs_; ++i) upstream_stream.PauseReceiving();
  Arm(try_timer_, try_timeout_ms_, &RouterFilter::OnTryTimeout);
  Arm(silence_timer_, try_idle_timeout_ms_, &RouterFilter::OnTrySilent);
  SendRequest(upstream_stream);
}

void RouterFilter::Arm(std::optional<event::Timer>& timer, int64_t wait_ms,
                       void (RouterFilter::*then)()) {
  if (wait_ms <= 0) return;
  if (!timer.has_value()) timer.emplace(stream().loop(), [this, then] { (this->*then)(); });
  timer->Arm(wait_ms);
}

void RouterFilter::SendRequest(http::ClientStream& upstream_stream) {
  sent_head_ns_ = stream().loop().now_ns();
  stream().info().first_upstream_tx_ns = sent_head_ns_;
  sent_anything_ = true;
  if (stream().route()->virtual_host->sends_attempt_count) {
    AddNumber(head_->headers, HeaderId::kXEnvoyAttemptCount, stream().info().attempt_count);
  }
  const bool has_more =
      !request_ended_ || !pending_.empty() || !replay_.empty() || trailers_ != nullptr;
  upstream_stream.SendHead(*head_, !has_more);
  if (has_more && try_.stream() != nullptr) SendPending(upstream_stream);
  if (request_ended_) stream().info().last_upstream_tx_ns = stream().loop().now_ns();
}

// What came before there was a stream: first what an earlier try sent, then what is new.
void RouterFilter::SendPending(http::ClientStream& upstream_stream) {
  base::Buffer body;
  if (!replay_.empty()) {
    base::Buffer again;
    again.Append(replay_.ToString());
    body.Move(again);
  }
  KeepForRetry(pending_);
  body.Move(pending_);
  const bool ends = request_ended_ && trailers_ == nullptr;
  if (!body.empty() || ends) {
    stream().info().upstream_bytes_sent += body.size();
    upstream_stream.SendBody(body, ends);
  }
  if (trailers_ != nullptr && try_.stream() != nullptr) upstream_stream.SendTrailers(*trailers_);
  // Last: what comes now is sent behind.
  if (std::exchange(body_paused_, false)) stream().ResumeRequestBody();
}

void RouterFilter::KeepForRetry(const base::Buffer& body) {
  if (replay_lost_ || body.empty()) return;
  if (!retry_.may_need_body() || replay_.size() + body.size() > kBodyLimitBytes) {
    replay_lost_ = true;
    replay_.Clear();
    return;
  }
  replay_.Append(body.ToString());
}

FilterStatus RouterFilter::OnRequestBody(base::Buffer& body, bool ends_stream) {
  had_body_ = had_body_ || !body.empty();
  if (ends_stream) {
    request_ended_ = true;
    if (action_ != nullptr) RequestEnded();
  }
  http::ClientStream* upstream_stream = try_.stream();
  if (upstream_stream == nullptr) {
    pending_.Move(body);
    if (pending_.size() > kBodyLimitBytes && !std::exchange(body_paused_, true)) {
      stream().PauseRequestBody();
    }
    return FilterStatus::kPause;
  }
  KeepForRetry(body);
  stream().info().upstream_bytes_sent += body.size();
  if (ends_stream) stream().info().last_upstream_tx_ns = stream().loop().now_ns();
  upstream_stream->SendBody(body, ends_stream);
  return FilterStatus::kPause;
}

FilterStatus RouterFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  trailers_ = &trailers;
  request_ended_ = true;
  if (action_ != nullptr) RequestEnded();
  if (try_.stream() != nullptr) try_.stream()->SendTrailers(trailers);
  return FilterStatus::kPause;
}

// The route's timeout runs from here: a slow sender is the stream idle timeout's business.
void RouterFilter::RequestEnded() {
  if (is_over_ || !head_->upgrade.empty()) return;
  Arm(timeout_timer_, timeout_ms_, &RouterFilter::OnTimeout);
}

void RouterFilter::OnTryInformational(http::ResponseHead& head) {
  // The connection manager answered the expectation itself, unless it passed it on.
  if (head.status == 100 && !head_->expects_continue) return;
  stream().SendInformational(head);
}

void RouterFilter::OnTryHead(http::ResponseHead& head, bool ends_stream) {
  filter::StreamInfo& info = stream().info();
  info.first_upstream_rx_ns = stream().loop().now_ns();
  Cancel(try_timer_);
  Arm(silence_timer_, try_idle_timeout_ms_, &RouterFilter::OnTrySilent);
  CountHost(head.status < 500);
  if (retry_.RetriesStatus(head) && !replay_lost_ && TryAgain()) {
    try_.Abandon(false);
    return;
  }
  EndRetry();
  response_started_ = true;
  replay_.Clear();
  replay_lost_ = true;
  info.response_code_details = "via_upstream";
  if (!settings_.suppress_envoy_headers) {
    AddNumber(head.headers, HeaderId::kXEnvoyUpstreamServiceTime,
              (info.first_upstream_rx_ns - sent_head_ns_) / 1'000'000);
  }
  if (stream().route()->virtual_host->returns_attempt_count) {
    AddNumber(head.headers, HeaderId::kXEnvoyAttemptCount, info.attempt_count);
  }
  FinishResponseHead(head);
  CountResponse(head.status);
  if (ends_stream) ResponseEnded();
  stream().SendHead(head, ends_stream);
}

void RouterFilter::FinishResponseHead(http::ResponseHead& head) {
  filter::StreamInfo& info = stream().info();
  const http::ResponseHead* before = std::exchange(info.response, &head);
  info.response_code = head.status;
  routing::ApplyResponseMutations(
      *stream().route_table(), *stream().route(), weighted_, head.headers,
      [this](const routing::ValueTemplate& value) { return Evaluate(value); });
  info.response = before;
}

void RouterFilter::OnTryBody(base::Buffer& body, bool ends_stream) {
  stream().info().upstream_bytes_received += body.size();
  Arm(silence_timer_, try_idle_timeout_ms_, &RouterFilter::OnTrySilent);
  if (ends_stream) ResponseEnded();
  stream().SendBody(body, ends_stream);
}

void RouterFilter::OnTryTrailers(http::HeaderMap& trailers) {
  ResponseEnded();
  stream().SendTrailers(trailers);
}

void RouterFilter::ResponseEnded() {
  stream().info().last_upstream_rx_ns = stream().loop().now_ns();
  Cancel(timeout_timer_);
  Cancel(silence_timer_);
  cluster_->stats().upstream_rq_time.Record(
      static_cast<uint64_t>(stream().loop().now_ns() - sent_head_ns_) / 1'000'000);
}

void RouterFilter::CountResponse(int status) {
  upstream::ClusterStats& stats = cluster_->stats();
  stats.upstream_rq_completed.Add();
  stats.StatusClass(status).Add();
  if (stream().info().attempt_count > 1 && status < 500) stats.upstream_rq_retry_success.Add();
}

void RouterFilter::CountHost(bool success) {
  const upstream::HostPtr& host = try_.upstream().host;
  if (host == nullptr) return;
  (success ? host->requests_success : host->requests_error).fetch_add(1, std::memory_order_relaxed);
}

void RouterFilter::OnTryFailed(const http::StreamError& error) {
  Cancel(try_timer_);
  Cancel(silence_timer_);
  filter::StreamInfo& info = stream().info();
  const upstream::UpstreamInfo& upstream = try_.upstream();
  if (upstream.host != nullptr) info.upstream_host = upstream.host;
  if (response_started_) {
    cluster_->stats().upstream_rq_rx_reset.Add();
    CountHost(false);
    Cancel(timeout_timer_);
    stream().Reset(error);
    return;
  }
  if (sent_anything_) cluster_->stats().upstream_rq_rx_reset.Add();
  CountHost(false);
  const bool keeps_body = !had_body_ || !sent_anything_ || !replay_lost_;
  if (keeps_body &&
      retry_.RetriesError(error, !sent_anything_, upstream.reused_connection, had_body_) &&
      TryAgain()) {
    return;
  }
  GiveUp(error);
}

// True when another try will be made: it starts once this one is idle and the backoff is over.
bool RouterFilter::TryAgain() {
  upstream::ClusterStats& stats = cluster_->stats();
  EndRetry();
  if (!cluster_->StartRetry(action_->priority)) {
    stats.upstream_rq_retry_overflow.Add();
    return false;
  }
  retry_counted_ = true;
  stats.upstream_rq_retry.Add();
  if (try_.upstream().host != nullptr) tried_.push_back(try_.upstream().host);
  const int64_t wait_ms = retry_.TakeTry(base::Random::OfThread());
  if (wait_ms > 0) {
    Arm(backoff_timer_, wait_ms, &RouterFilter::ScheduleTry);
  } else {
    ScheduleTry();
  }
  return true;
}

void RouterFilter::EndRetry() {
  if (std::exchange(retry_counted_, false)) cluster_->FinishRetry(action_->priority);
}

void RouterFilter::ScheduleTry() {
  retry_due_ = true;
  if (try_.is_idle()) OnTryIdle();
}

void RouterFilter::OnTryIdle() {
  if (is_over_ || !std::exchange(retry_due_, false)) return;
  StartTry();
}

void RouterFilter::GiveUp(const http::StreamError& error) {
  EndRetry();
  Cancel(timeout_timer_);
  filter::StreamInfo& info = stream().info();
  // The route's timeout ends the request however many tries are left.
  if (info.attempt_count > 1 && !retry_.has_tries_left() && error.kind != ErrorKind::kTimeout) {
    info.flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
    cluster_->stats().upstream_rq_retry_limit_exceeded.Add();
  }
  ResponseFlag flag = ResponseFlag::kUpstreamRemoteReset;
  filter::FlagOf(error, flag);
  const bool is_timeout =
      error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kPerTryTimeout;
  const bool is_bad = flag == ResponseFlag::kUpstreamProtocolError;
  const int status = is_timeout ? 504 : (is_bad ? 502 : 503);
  std::string_view body = "upstream connect error or disconnect/reset before headers";
  if (error.kind == ErrorKind::kNoHost) body = "no healthy upstream";
  if (error.kind == ErrorKind::kOverflow) body = "upstream overloaded";
  if (is_timeout) body = "upstream request timeout";
  if (is_bad) body = "upstream sent an invalid response";
  Fail(status, flag, body, error.detail);
}

void RouterFilter::Fail(int status, ResponseFlag flag, std::string_view body,
                        std::string_view details) {
  stream().info().flags.Set(flag);
  if (cluster_) CountResponse(status);
  const filter::StreamInfo& info = stream().info();
  const bool tells_attempts =
      info.attempt_count > 0 && stream().route()->virtual_host->returns_attempt_count;
  stream().ReplyLocally(status, body, details, [&](http::ResponseHead& head) {
    if (tells_attempts) {
      AddNumber(head.headers, HeaderId::kXEnvoyAttemptCount, info.attempt_count);
    }
    if (flag == ResponseFlag::kUpstreamOverflow) {
      head.headers.Add(HeaderId::kXEnvoyOverloaded, "true");
    }
  });
}

void RouterFilter::OnTimeout() {
  cluster_->stats().upstream_rq_timeout.Add();
  if (const auto& host = try_.upstream().host; host != nullptr) {
    host->requests_timeout.fetch_add(1, std::memory_order_relaxed);
  }
  Cancel(backoff_timer_);
  Cancel(try_timer_);
  Cancel(silence_timer_);
  retry_due_ = false;
  try_.Abandon(false);
  const http::StreamError error{ErrorKind::kTimeout, http::Side::kUpstream, false,
                                "response_timeout"};
  if (response_started_) {
    stream().Reset(error);
  } else {
    GiveUp(error);
  }
}

void RouterFilter::OnTryTimeout() {
  cluster_->stats().upstream_rq_per_try_timeout.Add();
  GiveUpTry("upstream_per_try_timeout");
}

void RouterFilter::OnTrySilent() {
  cluster_->stats().upstream_rq_per_try_idle_timeout.Add();
  GiveUpTry("upstream_per_try_idle_timeout");
}

// This try takes too long: another one, when that is possible.
void RouterFilter::GiveUpTry(std::string_view details) {
  Cancel(try_timer_);
  Cancel(silence_timer_);
  CountHost(false);
  const http::StreamError error{ErrorKind::kPerTryTimeout, http::Side::kUpstream, false, details};
  if (response_started_) {
    Cancel(timeout_timer_);
    try_.Abandon(false);
    stream().Reset(error);
    return;
  }
  const bool keeps_body = !had_body_ || !replay_lost_;
  const bool again =
      keeps_body && retry_.RetriesError(error, false, false, had_body_) && TryAgain();
  try_.Abandon(false);
  if (!again) GiveUp(error);
}

void RouterFilter::OnTryHigh() {
  if (!std::exchange(upstream_high_, true)) stream().PauseRequestBody();
}

void RouterFilter::OnTryLow() {
  if (std::exchange(upstream_high_, false)) stream().ResumeRequestBody();
}

void RouterFilter::OnDownstreamHigh() {
  ++downstream_highs_;
  if (try_.stream() != nullptr) try_.stream()->PauseReceiving();
}

void RouterFilter::OnDownstreamLow() {
  if (downstream_highs_ > 0) --downstream_highs_;
  if (try_.stream() != nullptr) try_.stream()->ResumeReceiving();
}

void RouterFilter::OnStreamEnd() {
  is_over_ = true;
  retry_due_ = false;
  Cancel(timeout_timer_);
  Cancel(try_timer_);
  Cancel(silence_timer_);
  Cancel(backoff_timer_);
  if (cluster_) EndRetry();
  if (try_.has_response_ended() && request_ended_) {
    try_.LetGo();
  } else {
    try_.Abandon(true);
  }
  pending_.Clear();
  replay_.Clear();
}

}  // namespace weir::extensions::router
