// Tested by test/health/active_checks_test.cc.
#include "source/health/http_exchange.h"

#include <algorithm>
#include <utility>

#include "source/health/checked_cluster.h"
#include "source/health/grpc_health_parser.h"
#include "source/http/grpc.h"
#include "source/http/http1_client.h"
#include "source/http2/http2_connection.h"

namespace weir::health {
namespace {

using balancing::ProbeAnswer;
using Action = HeaderToAdd::Action;

constexpr uint32_t kMaxHeadBytes = 16 * 1024;
constexpr uint64_t kMaxGrpcBodyBytes = 1024;

const http::Http1ClientOptions& Http1Options() {
  static const auto* const options = [] {
    auto* const made = new http::Http1ClientOptions();
    made->limits.max_head_bytes = kMaxHeadBytes;
    return made;
  }();
  return *options;
}

const http2::Options& Http2Options() {
  static const auto* const options = [] {
    auto* const made = new http2::Options();
    made->limits.max_head_bytes = kMaxHeadBytes;
    return made;
  }();
  return *options;
}

void AddHeader(const HeaderToAdd& header, http::HeaderMap& headers) {
  const bool is_there = headers.Find(std::string_view(header.name)) != nullptr;
  switch (header.action) {
    case Action::kAppend:
      return headers.AddCopy(header.name, header.value);
    case Action::kAddIfAbsent:
      if (!is_there) headers.AddCopy(header.name, header.value);
      return;
    case Action::kOverwrite:
      return headers.Set(std::string_view(header.name), header.value);
    case Action::kOverwriteIfPresent:
      if (is_there) headers.Set(std::string_view(header.name), header.value);
      return;
  }
}

ProbeAnswer AnswerOf(const http::StreamError& error) {
  switch (error.kind) {
    case http::ErrorKind::kPeerClosed:
      return ProbeAnswer::kClosed;
    case http::ErrorKind::kPeerReset:
    case http::ErrorKind::kRefused:
      return ProbeAnswer::kReset;
    default:
      return ProbeAnswer::kMalformed;
  }
}

http::StreamError LossOf(ProbeAnswer why) {
  const auto kind =
      why == ProbeAnswer::kReset ? http::ErrorKind::kPeerReset : http::ErrorKind::kPeerClosed;
  return {kind, http::Side::kUpstream, false, "health_check.connection_lost"};
}

}  // namespace

HttpExchange::HttpExchange(const ProbeTarget& target, User& user)
    : target_(target),
      user_(&user),
      connection_(
          std::make_unique<ProbeConnection>(target, static_cast<ProbeConnection::User&>(*this))) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::Release(std::unique_ptr<HttpExchange> exchange) {
  if (exchange == nullptr) return;
  exchange->user_ = nullptr;
  exchange->connection_->Detach();
  event::Loop& loop = exchange->target_.loop;
  loop.DeleteLater(std::move(exchange));
}

void HttpExchange::OnConnected() {
  auto& handler = static_cast<http::ClientConnectionHandler&>(*this);
  if (target_.cluster.config->uses_http2) {
    codec_ = http2::CreateClient(handler, Http2Options(), target_.cluster.http2_stats->Here(),
                                 target_.cluster.is_secure());
  } else {
    codec_ = std::make_unique<http::Http1ClientConnection>(handler, Http1Options());
  }
  Ask();
}

void HttpExchange::Ask() {
  const HealthCheckConfig& config = *target_.cluster.config;
  reply_ = HttpReply();
  is_whole_ = false;
  wanted_.emplace(config.receive);
  body_bytes_left_ = config.examined_body_bytes;
  ++questions_;
  arena_.Reset();
  http::ClientStream& stream =
      codec_->NewStream(static_cast<http::ClientStreamHandler&>(*this), arena_);
  stream_ = &stream;
  http::RequestHead head(arena_);
  FillHead(head);
  base::Buffer body;
  body.Append(config.kind == CheckKind::kGrpc ? EncodeHealthRequest(config.grpc_service)
                                              : config.send);
  head.content_length = static_cast<int64_t>(body.size());
  const bool has_body = !body.empty();
  stream.SendHead(head, !has_body);
  if (has_body && stream_ != nullptr) stream_->SendBody(body, true);
}

void HttpExchange::FillHead(http::RequestHead& head) const {
  const HealthCheckConfig& config = *target_.cluster.config;
  head.method = config.method;
  head.method_name = config.method_name;
  head.path = config.path;
  head.authority = config.authority.empty() ? target_.authority : config.authority;
  head.scheme = target_.cluster.is_secure() ? "https" : "http";
  if (config.kind == CheckKind::kGrpc) {
    head.headers.Add(http::HeaderId::kContentType, "application/grpc");
    head.headers.Add(http::HeaderId::kTe, "trailers");
    http::SetGrpcTimeout(config.timeout_ms, head.headers);
  }
  head.headers.Add(http::HeaderId::kUserAgent, "Weir/HC");
  for (const HeaderToAdd& header : config.headers_to_add) AddHeader(header, head.headers);
  for (const std::string& name : config.headers_to_remove) {
    head.headers.Remove(std::string_view(name));
  }
}

size_t HttpExchange::OnRead(std::string_view bytes) { return codec_->Feed(bytes); }

void HttpExchange::OnReadEnd() {
  is_over_ = true;
  codec_->OnPeerEnd();
  if (stream_ == nullptr) connection_->connection()->Close(net::CloseMode::kNow);
}

void HttpExchange::OnLost(ProbeAnswer why) {
  is_over_ = true;
  if (stream_ != nullptr) {
    codec_->OnConnectionLost(LossOf(why));
  } else if (codec_ == nullptr) {
    Fail(why, false);
  }
}

void HttpExchange::OnResponseHead(http::ResponseHead& head, bool ends_stream) {
  reply_.status = head.status;
  reply_.is_degraded = head.headers.Find("x-envoy-degraded") != nullptr;
  reply_.wants_exclusion = head.headers.Find("x-envoy-immediate-health-check-fail") != nullptr;
  LearnGrpcStatus(head.headers);
  is_whole_ = ends_stream;
}

void HttpExchange::OnResponseBody(base::Buffer& body, bool ends_stream) {
  const bool keeps = target_.cluster.config->kind == CheckKind::kGrpc;
  while (!body.empty()) {
    const std::string_view bytes = body.Front();
    if (keeps) reply_.body += bytes.substr(0, kMaxGrpcBodyBytes + 1 - reply_.body.size());
    const size_t looked_at = std::min<uint64_t>(bytes.size(), body_bytes_left_);
    wanted_->Feed(bytes.substr(0, looked_at));
    body_bytes_left_ -= looked_at;
    body.Drain(bytes.size());
  }
  is_whole_ = is_whole_ || ends_stream;
}

void HttpExchange::OnResponseTrailers(http::HeaderMap& trailers) {
  LearnGrpcStatus(trailers);
  is_whole_ = true;
}

void HttpExchange::LearnGrpcStatus(const http::HeaderMap& fields) {
  if (const std::optional<http::GrpcStatus> status = http::FindGrpcStatus(fields)) {
    reply_.grpc_status = static_cast<int>(*status);
  }
}

void HttpExchange::OnStreamReset(const http::StreamError& error) {
  if (is_whole_) return;  // all there was to hear
  const bool is_unheard = reply_.status == 0;
  is_over_ = true;
  Fail(AnswerOf(error), questions_ > 1 && is_unheard);
}

void HttpExchange::OnStreamDone() {
  stream_ = nullptr;
  if (!is_whole_ || user_ == nullptr) return;
  reply_.has_expected_body = wanted_->has_all();
  user_->OnReply(reply_);
}

void HttpExchange::Fail(ProbeAnswer why, bool may_retry) {
  if (user_ != nullptr) std::exchange(user_, nullptr)->OnNoReply(why, may_retry);
}

}  // namespace weir::health
