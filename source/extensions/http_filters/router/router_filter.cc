#include "source/extensions/http_filters/router/router_filter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/balancing/hash.h"
#include "source/base/random.h"
#include "source/base/strings.h"
#include "source/extensions/http_filters/router/request_rewrite.h"
#include "source/filter/cluster_choice.h"
#include "source/filter/substitution_format.h"
#include "source/http/grpc.h"
#include "source/routing/header_mutator.h"
#include "source/routing/redirect.h"
#include "source/upstream/cluster_stats.h"

namespace weir::extensions::router {

namespace {

using filter::FilterStatus;
using filter::ResponseFlag;
using http::ErrorKind;
using http::HeaderId;

}  // namespace

RouterFilter::RouterFilter(const RouterSettings& settings)
    : settings_(settings), try_(*this), timers_(*this) {}

RouterFilter::~RouterFilter() = default;

FilterStatus RouterFilter::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  head_ = &head;
  request_ended_ = head_ends_request_ = ends_stream;
  const routing::Route* route = stream().route();
  if (route == nullptr) {
    Fail({404, ResponseFlag::kNoRouteFound, {}}, "route_not_found");
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

void RouterFilter::Forward(const routing::ForwardAction& action) {
  action_ = &action;
  filter::StreamInfo& info = stream().info();
  const auto [name, slot] =
      filter::ChooseCluster(action, info.weighted_cluster, *head_, settings_.clusters);
  info.cluster_name = name;
  cluster_ = upstream::LocalClusterRef(slot == nullptr ? nullptr : slot->Here());
  if (!cluster_) {
    Fail({static_cast<int>(action.cluster_not_found_status), ResponseFlag::kNoClusterFound, {}},
         "cluster_not_found");
    return;
  }
  const routing::RetryPolicy* policy = action.retry.get();
  retry_.Begin(policy, *head_);
  const RequestTimeouts timeouts =
      ReadTimeouts(action, policy, *head_, settings_.respect_expected_rq_timeout);
  timers_.Begin(stream().loop(), timeouts);
  PrepareHead(timeouts);
  HashHead();
  if (request_ended_) RequestEnded();
  StartTry();
}

// Rewrites and header changes are made once; every try sends the same head.
void RouterFilter::PrepareHead(const RequestTimeouts& timeouts) {
  const routing::WeightedCluster* chosen = stream().info().weighted_cluster;
  RewriteRequest(
      *action_, chosen,
      {!settings_.suppress_envoy_headers, timeouts.expected_ms(), timeouts.is_grpc_deadline},
      stream().arena(), *head_);
  routing::ApplyRequestMutations(
      *stream().route_table(), *stream().route(), chosen, head_->headers,
      [this](const routing::ValueTemplate& value) { return Evaluate(value); });
}

// Once for all tries, of the head that they send.
void RouterFilter::HashHead() {
  if (action_->hash_policies.empty()) return;
  hash_ = routing::HashRequest(
      action_->hash_policies, *head_, stream().info().remote,
      [this](const http::CookieTemplate& cookie) { return MakeCookie(cookie); });
}

// The same for all requests of a client's connection, so that those that it sends before it has the
// cookie go to one host; who comes through a proxy that is trusted counts as a client of his own.
std::string_view RouterFilter::MakeCookie(const http::CookieTemplate& cookie) {
  const filter::StreamInfo& info = stream().info();
  std::string client = info.connection->direct_remote_text + info.connection->local.ToString();
  if (info.remote != nullptr && !(*info.remote == info.connection->direct_remote)) {
    client += info.remote->ToString();
  }
  base::Arena& arena = stream().arena();
  const std::string_view value =
      arena.Copy(absl::StrCat(absl::Hex(balancing::XxHash64(client), absl::kZeroPad16)));
  set_cookies_.push_back(cookie.Write(value, arena));
  return value;
}

std::string_view RouterFilter::Evaluate(const routing::ValueTemplate& value) {
  return filter::EvaluateTemplate(value, stream().info(), stream().arena());
}

void RouterFilter::StartTry() {
  filter::StreamInfo& info = stream().info();
  ++info.attempt_count;
  sent_anything_ = false;
  if (std::exchange(upstream_high_, false)) stream().ResumeRequestBody();
  absl::InlinedVector<const balancing::Host*, 4> tried;
  for (const balancing::HostPtr& host : tried_) tried.push_back(host.get());
  balancing::PickContext context;
  context.head = head_;
  context.downstream_address = info.remote;
  context.subset = info.weighted_cluster != nullptr ? info.weighted_cluster->subset.get()
                                                    : action_->subset.get();
  context.tried = tried.data();
  context.tried_count = static_cast<int>(tried.size());
  context.hash = hash_;
  context.original_destination = info.connection->original_destination();
  if (info.wanted_host != nullptr) {
    context.wanted_host = &info.wanted_host->address;
    context.wants_no_other = info.wanted_host->is_strict;
  }
  context.repick_limit = static_cast<int>(retry_.host_selection_attempts());
  context.avoid_priorities_every = retry_.avoid_priorities_every();
  try_.Start(*cluster_.get(), context, action_->priority, stream().arena());
}

void RouterFilter::OnTryReady(http::ClientStream& upstream_stream) {
  filter::StreamInfo& info = stream().info();
  const upstream::UpstreamInfo& upstream = try_.upstream();
  info.upstream_host = upstream.host;
  if (upstream.local_address != nullptr) info.upstream_local = *upstream.local_address;
  info.upstream_version = upstream.version;
  if (upstream.secure != nullptr) info.NoteUpstream(*upstream.secure);
  if (action_->auto_host_rewrite && !upstream.host->hostname().empty()) {
    head_->authority = stream().arena().Copy(upstream.host->hostname());
  }
  for (uint32_t i = 0; i < downstream_highs_; ++i) upstream_stream.PauseReceiving();
  timers_.OnTryReady();
  SendRequest(upstream_stream);
}

void RouterFilter::SendRequest(http::ClientStream& upstream_stream) {
  sent_head_ns_ = stream().loop().now_ns();
  stream().info().first_upstream_tx_ns = sent_head_ns_;
  sent_anything_ = true;
  if (stream().route()->virtual_host->sends_attempt_count) {
    SetNumber(head_->headers, HeaderId::kXEnvoyAttemptCount, stream().info().attempt_count);
  }
  // An end that came behind the head, in an empty body, is sent behind it: servers of gRPC read no
  // other.
  upstream_stream.SendHead(*head_, head_ends_request_);
  if (!head_ends_request_ && try_.stream() != nullptr) SendHeldBody(upstream_stream);
  if (request_ended_) stream().info().last_upstream_tx_ns = stream().loop().now_ns();
}

// Of what is sent now: another try may have to send it again.
size_t RouterFilter::MostKeptBytes() const {
  if (retry_.may_need_body()) return HeldBody::kLimitBytes;
  const bool multiplexes = try_.upstream().version == http::Version::kHttp2;
  return multiplexes && retry_.may_be_given_back() ? HeldBody::kUnaskedLimitBytes : 0;
}

// What came before there was a stream: first what an earlier try sent, then what is new.
void RouterFilter::SendHeldBody(http::ClientStream& upstream_stream) {
  base::Buffer body;
  body_.MoveAll(body, MostKeptBytes());
  const bool ends = request_ended_ && trailers_ == nullptr;
  if (!body.empty() || ends) {
    stream().info().upstream_bytes_sent += body.size();
    upstream_stream.SendBody(body, ends);
  }
  if (trailers_ != nullptr && try_.stream() != nullptr) upstream_stream.SendTrailers(*trailers_);
  // Last: what comes now is sent behind.
  if (std::exchange(body_paused_, false)) stream().ResumeRequestBody();
}

FilterStatus RouterFilter::OnRequestBody(base::Buffer& body, bool ends_stream) {
  had_body_ = had_body_ || !body.empty();
  if (ends_stream) RequestEnded();
  http::ClientStream* upstream_stream = try_.stream();
  if (upstream_stream == nullptr) {
    body_.Wait(body);
    if (body_.is_full() && !std::exchange(body_paused_, true)) stream().PauseRequestBody();
    return FilterStatus::kPause;
  }
  body_.Keep(body, MostKeptBytes());
  stream().info().upstream_bytes_sent += body.size();
  if (ends_stream) stream().info().last_upstream_tx_ns = stream().loop().now_ns();
  upstream_stream->SendBody(body, ends_stream);
  return FilterStatus::kPause;
}

FilterStatus RouterFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  trailers_ = &trailers;
  RequestEnded();
  if (try_.stream() != nullptr) try_.stream()->SendTrailers(trailers);
  return FilterStatus::kPause;
}

// The route's timeout runs from here: a slow sender is the stream idle timeout's business.
void RouterFilter::RequestEnded() {
  request_ended_ = true;
  if (action_ == nullptr || is_over_ || !head_->upgrade.empty()) return;
  timers_.OnRequestEnd();
}

void RouterFilter::OnTryInformational(http::ResponseHead& head) {
  // The connection manager answered the expectation itself, unless it passed it on.
  if (head.status == 100 && !head_->expects_continue) return;
  stream().SendInformational(head);
}

void RouterFilter::OnTryHead(http::ResponseHead& head, bool ends_stream) {
  filter::StreamInfo& info = stream().info();
  info.first_upstream_rx_ns = stream().loop().now_ns();
  timers_.OnTryHead();
  Feedback().OnHead(head);
  awaits_grpc_status_ = !ends_stream && http::IsGrpc(head);
  if (!awaits_grpc_status_) Feedback().OnStatus(HostFeedback::StatusOf(head), &head);
  if (body_.is_complete() && retry_.RetriesStatus(head) && TryAgain()) return AbandonTry(false);
  EndRetry();
  response_started_ = true;
  body_.StopKeeping();
  info.response_code_details = "via_upstream";
  if (!settings_.suppress_envoy_headers) {
    SetNumber(head.headers, HeaderId::kXEnvoyUpstreamServiceTime,
              (info.first_upstream_rx_ns - sent_head_ns_) / 1'000'000);
  }
  if (stream().route()->virtual_host->returns_attempt_count) {
    SetNumber(head.headers, HeaderId::kXEnvoyAttemptCount, info.attempt_count);
  }
  for (const std::string_view cookie : set_cookies_) head.headers.Add(HeaderId::kSetCookie, cookie);
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
      *stream().route_table(), *stream().route(), info.weighted_cluster, head.headers,
      [this](const routing::ValueTemplate& value) { return Evaluate(value); });
  info.response = before;
}

void RouterFilter::OnTryBody(base::Buffer& body, bool ends_stream) {
  stream().info().upstream_bytes_received += body.size();
  timers_.OnTryBody();
  if (ends_stream) {
    if (awaits_grpc_status_) CountGrpc(std::nullopt);
    ResponseEnded();
  }
  stream().SendBody(body, ends_stream);
}

void RouterFilter::OnTryTrailers(http::HeaderMap& trailers) {
  Feedback().OnTrailers(trailers);
  if (awaits_grpc_status_) CountGrpc(http::FindGrpcStatus(trailers));
  ResponseEnded();
  stream().SendTrailers(trailers);
}

void RouterFilter::ResponseEnded() {
  const int64_t now_ns = stream().loop().now_ns();
  stream().info().last_upstream_rx_ns = now_ns;
  timers_.OnResponseEnd();
  cluster_->stats().upstream_rq_time.Record(static_cast<uint64_t>(now_ns - sent_head_ns_) /
                                            1'000'000);
}

void RouterFilter::CountResponse(int status) {
  upstream::ClusterStats& stats = cluster_->stats();
  stats.upstream_rq_completed.Add();
  stats.StatusClass(status).Add();
  if (stream().info().attempt_count > 1 && status < 500) stats.upstream_rq_retry_success.Add();
}

HostFeedback RouterFilter::Feedback() {
  const int64_t now_ns = stream().loop().now_ns();
  return {*cluster_.get(), try_.upstream().host, sent_anything_ ? sent_head_ns_ : now_ns, now_ns};
}

// A stream of gRPC that ended without a status ended badly.
void RouterFilter::CountGrpc(std::optional<http::GrpcStatus> status) {
  awaits_grpc_status_ = false;
  const http::GrpcStatus known = status.value_or(http::GrpcStatus::kUnknown);
  Feedback().OnStatus(http::HttpStatusOfGrpc(known), nullptr);
}

void RouterFilter::OnTryTransportFailure(std::string_view reason) {
  stream().info().upstream_failure_reason = reason;
}

void RouterFilter::OnTryFailed(const http::StreamError& error) {
  timers_.OnTryEnd();
  const upstream::UpstreamInfo& upstream = try_.upstream();
  if (upstream.host != nullptr) stream().info().upstream_host = upstream.host;
  if (sent_anything_) cluster_->stats().upstream_rq_rx_reset.Add();
  Feedback().OnFailure(error.kind);
  if (response_started_) {
    timers_.CancelAll();
    return BreakOff(error);
  }
  const bool keeps_body = !had_body_ || !sent_anything_ || body_.is_complete();
  if (keeps_body &&
      retry_.RetriesError(error, !sent_anything_, upstream.reused_connection, had_body_) &&
      TryAgain(error.kind == ErrorKind::kRefused)) {
    return;
  }
  GiveUp(error);
}

// True when another try will be made: it starts once this one is idle and the backoff is over. Of
// those that a host refused unseen there may be as many as it had streams, when it says GOAWAY or
// takes fewer than was hoped: they are no sign of trouble, and the breaker is not asked.
bool RouterFilter::TryAgain(bool was_refused) {
  upstream::ClusterStats& stats = cluster_->stats();
  EndRetry();
  if (!retry_.has_tries_left(was_refused)) {
    stream().info().flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
    stats.upstream_rq_retry_limit_exceeded.Add();
    return false;
  }
  if (!was_refused && !cluster_->StartRetry(action_->priority)) {
    stream().info().flags.Set(ResponseFlag::kUpstreamOverflow);
    stats.upstream_rq_retry_overflow.Add();
    return false;
  }
  retry_counted_ = !was_refused;
  stats.upstream_rq_retry.Add();
  if (try_.upstream().host != nullptr) tried_.push_back(try_.upstream().host);
  const int64_t wait_ms = retry_.TakeTry(base::Random::OfThread(), was_refused);
  if (wait_ms > 0) {
    timers_.BackOff(wait_ms);
  } else {
    OnBackoffOver();
  }
  return true;
}

void RouterFilter::EndRetry() {
  if (std::exchange(retry_counted_, false)) cluster_->FinishRetry(action_->priority);
}

// A stream that has ended both ways is no more to be reset: its host would count that against us.
void RouterFilter::AbandonTry(bool for_good) {
  if (try_.has_response_ended() && request_ended_) return for_good ? try_.LetGo() : try_.Leave();
  if (try_.stream() != nullptr) cluster_->stats().upstream_rq_tx_reset.Add();
  try_.Abandon(for_good);
}

void RouterFilter::OnBackoffOver() {
  retry_due_ = true;
  if (try_.is_idle()) OnTryIdle();
}

void RouterFilter::OnTryIdle() {
  if (is_over_ || !std::exchange(retry_due_, false)) return;
  StartTry();
}

void RouterFilter::OnRouteTimeout() {
  cluster_->stats().upstream_rq_timeout.Add();
  if (const auto& host = try_.upstream().host; host != nullptr) {
    host->activity().requests_timeout.fetch_add(1, std::memory_order_relaxed);
  }
  // A try that had failed already is not to be told of twice.
  if (!response_started_ && !try_.is_idle()) Feedback().OnTimeout();
  timers_.CancelAll();
  retry_due_ = false;
  AbandonTry(false);
  const http::StreamError error{ErrorKind::kTimeout, http::Side::kUpstream, false,
                                "response_timeout"};
  if (response_started_) {
    BreakOff(error);
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
  timers_.OnTryEnd();
  Feedback().OnFailure(ErrorKind::kPerTryTimeout);
  const http::StreamError error{ErrorKind::kPerTryTimeout, http::Side::kUpstream, false, details};
  if (response_started_) {
    timers_.CancelAll();
    AbandonTry(false);
    return BreakOff(error);
  }
  const bool keeps_body = !had_body_ || body_.is_complete();
  const bool again =
      keeps_body && retry_.RetriesError(error, false, false, had_body_) && TryAgain();
  AbandonTry(false);
  if (!again) GiveUp(error);
}

// The response has begun, and there is no more of it. A call of gRPC still gets its status, which
// is what the caller would see without a proxy: a mere reset would say INTERNAL. Only HTTP/2 keeps
// trailers for sure; without them the response would look whole.
void RouterFilter::BreakOff(const http::StreamError& error) {
  http::StreamError told = error;
  told.detail = FailureDetails(error, true, stream().arena());
  const auto status = awaits_grpc_status_ && head_->version == http::Version::kHttp2
                          ? GrpcStatusOf(error.kind)
                          : std::nullopt;
  if (!status.has_value()) return stream().Reset(told);
  filter::StreamInfo& info = stream().info();
  ResponseFlag flag;
  if (filter::FlagOf(error, flag)) info.flags.Set(flag);
  info.response_code_details = told.detail;
  auto* trailers = stream().arena().New<http::HeaderMap>(stream().arena());
  trailers->Add(HeaderId::kGrpcStatus, http::GrpcStatusNumber(*status));
  trailers->Add(HeaderId::kGrpcMessage, *status == http::GrpcStatus::kUnavailable
                                            ? std::string_view("upstream connection lost")
                                            : std::string_view("upstream request timeout"));
  awaits_grpc_status_ = false;
  stream().SendTrailers(*trailers);
}

void RouterFilter::GiveUp(const http::StreamError& error) {
  EndRetry();
  timers_.CancelAll();
  FailureReply reply = ReplyTo(error);
  const filter::WantedHost* const wanted = stream().info().wanted_host;
  if (error.kind == ErrorKind::kNoHost && wanted != nullptr && wanted->is_strict) {
    reply.status = wanted->status_without_host;
  }
  Fail(reply, FailureDetails(error, false, stream().arena()));
}

void RouterFilter::Fail(const FailureReply& reply, std::string_view details) {
  filter::StreamInfo& info = stream().info();
  info.flags.Set(reply.flag);
  if (cluster_) CountResponse(reply.status);
  const bool tells_attempts =
      info.attempt_count > 0 && stream().route()->virtual_host->returns_attempt_count;
  stream().ReplyLocally(reply.status, reply.body, details, [&](http::ResponseHead& head) {
    if (tells_attempts) {
      SetNumber(head.headers, HeaderId::kXEnvoyAttemptCount, info.attempt_count);
    }
    if (reply.flag == ResponseFlag::kUpstreamOverflow) {
      head.headers.Add(HeaderId::kXEnvoyOverloaded, "true");
    }
    if (reply.flag == ResponseFlag::kDropOverload) {
      head.headers.Add("x-envoy-drop-overload", "true");
    }
  });
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
  timers_.CancelAll();
  if (cluster_) EndRetry();
  AbandonTry(true);
  body_.Clear();
}

}  // namespace weir::extensions::router
