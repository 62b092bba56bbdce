// Tested by test/admin/admin_server_test.cc.
#include "source/admin/admin_connection.h"

#include <algorithm>
#include <utility>

namespace weir::admin {

namespace {

constexpr int64_t kIdleMs = 60'000;
constexpr size_t kPieceBytes = 64 * 1024;

const http::Http1ServerOptions& CodecOptions() {
  static const auto* options = [] {
    auto* made = new http::Http1ServerOptions();
    made->limits.max_head_bytes = 16 * 1024;
    made->accept_http_10 = true;  // probes are simple clients
    made->default_host_for_http_10 = "localhost";
    return made;
  }();
  return *options;
}

AdminReply MethodReply(std::string_view allow, std::string text) {
  AdminReply reply = ErrorReply(405, std::move(text));
  reply.allow = allow;
  return reply;
}

net::ConnectionOptions SocketOptions() {
  net::ConnectionOptions options;
  options.output_limit_bytes = 256 * 1024;
  options.half_close = true;  // a client that has asked may end its side before it has the answer
  return options;
}

}  // namespace

AdminConnection::AdminConnection(const Shared& shared, int fd, const net::Address& remote,
                                 std::function<void()> closed)
    : shared_(shared),
      closed_(std::move(closed)),
      connection_(shared.loop, fd, *this, SocketOptions()),
      codec_(*this, CodecOptions()),
      idle_timer_(shared.loop, [this] { connection_.Close(net::CloseMode::kNow); }) {
  info_.SetAddresses(remote, connection_.local_address());
  info_.listener_name = "admin";
  idle_timer_.Arm(kIdleMs);
  connection_.Start();
}

AdminConnection::~AdminConnection() = default;

size_t AdminConnection::OnRead(std::string_view bytes) {
  idle_timer_.Arm(kIdleMs);
  return codec_.Feed(bytes);
}

void AdminConnection::OnClosed(net::CloseReason) {
  idle_timer_.Cancel();
  codec_.OnConnectionLost({http::ErrorKind::kPeerClosed, http::Side::kDownstream, false, "closed"});
  body_.reset();
  Unlink();
  closed_();
  shared_.loop.DeleteLater(std::unique_ptr<event::Deletable>(this));
}

http::ServerStreamHandler& AdminConnection::OnNewStream(http::ServerStream& stream,
                                                        base::Arena& arena) {
  stream_ = &stream;
  arena_ = &arena;
  return *this;
}

void AdminConnection::OnBadRequest(const http::StreamError&, int status) {
  codec_.SendErrorReply(status, {});
}

void AdminConnection::OnConnectionDone(bool lingers) {
  connection_.Close(lingers ? net::CloseMode::kFlush : net::CloseMode::kFlushNoWait);
}

void AdminConnection::OnRequestHead(http::RequestHead& head, bool ends_stream) {
  head_ = &head;
  stream_info_ = {};
  stream_info_.connection = &info_;
  stream_info_.remote = &info_.direct_remote;
  stream_info_.start_ns = shared_.loop.now_ns();
  stream_info_.start_wall_us = shared_.loop.wall_us();
  stream_info_.is_http = true;
  stream_info_.request = &head;
  stream_info_.version = head.version;
  if (ends_stream) Answer();
}

void AdminConnection::OnRequestBody(base::Buffer& body, bool ends_stream) {
  stream_info_.bytes_received += body.size();
  body.Clear();
  if (ends_stream) Answer();
}

AdminReply AdminConnection::Dispatch() const {
  if (LooksForged(*head_)) {
    return ErrorReply(403, "the Host or Origin of this request is not this endpoint's\n");
  }
  const AdminRequest request = ParseAdminRequest(head_->method, head_->path);
  const auto found =
      std::find_if(shared_.handlers.begin(), shared_.handlers.end(),
                   [&](const AdminHandler& handler) { return handler.path == request.path; });
  if (found == shared_.handlers.end())
    return ErrorReply(404, "invalid path; /help lists what there is\n");
  const bool is_read =
      request.method == http::Method::kGet || request.method == http::Method::kHead;
  if (found->mutates && request.method != http::Method::kPost) {
    return MethodReply("POST", "this changes something and needs POST\n");
  }
  if (!found->mutates && !is_read && request.method != http::Method::kPost) {
    return MethodReply("GET, HEAD, POST", "GET, HEAD or POST\n");
  }
  return found->answer(request);
}

void AdminConnection::Answer() {
  AdminReply reply = Dispatch();
  http::ResponseHead& head = reply_head_.emplace(*arena_);
  head.status = reply.status;
  stream_info_.response_code = reply.status;
  stream_info_.response = &head;
  head.headers.AddCopy(http::HeaderId::kContentType, reply.content_type);
  head.headers.Add(http::HeaderId::kCacheControl, "no-cache, max-age=0");
  head.headers.Add("x-content-type-options", "nosniff");
  head.headers.Add("content-security-policy", "default-src 'none'; form-action 'self'");
  if (reply.status == 405) head.headers.Add("allow", reply.allow);
  const bool is_head = head_->method == http::Method::kHead;
  if (reply.render != nullptr && !is_head) {
    stream_->SendHead(head, false);
    body_ = std::make_unique<RenderedBody>(shared_.loop, shared_.render_threads,
                                           std::move(reply.render), [this] { SendMore(); });
    return;
  }
  head.content_length = reply.render != nullptr ? -1 : static_cast<int64_t>(reply.text.size());
  const bool has_body = !is_head && !reply.text.empty();
  stream_->SendHead(head, !has_body);
  if (!has_body) return;
  base::Buffer body;
  body.Append(reply.text);
  stream_info_.bytes_sent += body.size();
  stream_->SendBody(body, true);
}

void AdminConnection::SendMore() {
  while (body_ != nullptr && !is_blocked_) {
    base::Buffer piece;
    const bool is_last = body_->Take(piece, kPieceBytes);
    if (piece.empty() && !is_last) return;
    idle_timer_.Arm(kIdleMs);
    stream_info_.bytes_sent += piece.size();
    if (is_last) body_.reset();
    stream_->SendBody(piece, is_last);
  }
}

void AdminConnection::OnSendLow() {
  is_blocked_ = false;
  SendMore();
}

void AdminConnection::OnStreamReset(const http::StreamError& error) {
  filter::ResponseFlag flag;
  if (filter::FlagOf(error, flag)) stream_info_.flags.Set(flag);
}

void AdminConnection::LogRequest() {
  if (head_ == nullptr || shared_.access_logs.empty()) return;
  stream_info_.end_ns = shared_.loop.now_ns();
  shared_.access_logs.Log(stream_info_);
}

void AdminConnection::OnStreamDone() {
  LogRequest();
  body_.reset();
  reply_head_.reset();
  stream_ = nullptr;
  head_ = nullptr;
  is_blocked_ = false;
}

}  // namespace weir::admin
