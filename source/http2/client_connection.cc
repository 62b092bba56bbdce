// Tested by test/http2/round_trip_test.cc.

#include "source/http2/client_connection.h"

#include <algorithm>

#include "source/base/check.h"
#include "source/base/free_list.h"
#include "source/http2/field_list.h"
#include "source/http2/http2_faults.h"

namespace weir::http2 {
namespace {

constexpr http::StreamError kNoTunnels = {http::ErrorKind::kNotImplemented, http::Side::kUpstream,
                                          false, "http2.extended_connect_not_allowed"};
constexpr http::StreamError kNotSent = {http::ErrorKind::kLocal, http::Side::kLocal, true,
                                        "http2.request_not_sent"};

}  // namespace

class ClientStream final : public Stream,
                           public base::ListNode<ClientStream, WaitingTag>,
                           public http::ClientStream {
 public:
  ClientStream(ClientConnection& connection, http::ClientStreamHandler& handler, base::Arena& arena)
      : Stream(connection), handler_(&handler), arena_(arena) {}

  static void* operator new(size_t size);
  static void operator delete(void* block);

  void OnHead(bool ends_stream);
  void StartHead(const Options& options) { head_reader_.StartResponse(arena_, options); }
  // The peer's settings are there.
  void SubmitHeld();
  void Fail(const http::StreamError& error);

  // http::ClientStream
  void SendHead(const http::RequestHead& head, bool ends_stream) override;
  void SendBody(base::Buffer& body, bool ends_stream) override { QueueBody(body, ends_stream); }
  void SendTrailers(const http::HeaderMap& trailers) override { QueueTrailers(trailers); }
  void Reset(http::ResetKind kind) override { Cut(kind); }
  void PauseReceiving() override { Pause(); }
  void ResumeReceiving() override { Resume(); }

 private:
  // Stream
  bool has_handler() const override { return handler_ != nullptr; }
  void TellBody(bool ends_stream) override { handler_->OnResponseBody(received_, ends_stream); }
  void TellTrailers() override { handler_->OnResponseTrailers(head_reader_.trailers()); }
  void TellReset(const http::StreamError& error) override { handler_->OnStreamReset(error); }
  void TellSendHigh() override { handler_->OnSendHigh(); }
  void TellSendLow() override { handler_->OnSendLow(); }
  void TellDone() override;
  base::Arena& arena() override { return arena_; }

  ClientConnection& connection() { return static_cast<ClientConnection&>(session_); }
  void Submit(const http::RequestHead& head, bool ends_stream);
  http::MessageFault TakeInformational();
  void Hold(const http::RequestHead& head);

  http::ClientStreamHandler* handler_;
  base::Arena& arena_;
  http::RequestHead* held_ = nullptr;  // a copy in the arena
  std::string_view upgrade_;           // asked for, in the arena
  http::Method method_ = http::Method::kGet;
  bool expects_continue_ = false;
};

namespace {

using StreamBlocks = base::ThreadFreeList<struct ClientStreamTag, sizeof(ClientStream), 128>;

}  // namespace

void* ClientStream::operator new(size_t /*size*/) { return StreamBlocks::Take(); }
void ClientStream::operator delete(void* block) { StreamBlocks::Give(block); }

void ClientStream::TellDone() {
  http::ClientStreamHandler* const handler = handler_;
  handler_ = nullptr;
  handler->OnStreamDone();
}

void ClientStream::SendHead(const http::RequestHead& head, bool ends_stream) {
  if (head_sent_ || is_cut_ || is_closed_ || connection().is_over()) return;
  method_ = head.method;
  expects_continue_ = head.expects_continue;
  is_tunnel_ = !head.upgrade.empty() || method_ == http::Method::kConnect;
  if (!is_tunnel_) promised_bytes_ = head.content_length;
  if (head.upgrade.empty()) return Submit(head, ends_stream);
  upgrade_ = arena_.Copy(head.upgrade);
  send_ended_ = ends_stream;
  if (connection().has_settings_) {
    if (connection().AllowsTunnels()) return Submit(head, false);
    return Fail(kNoTunnels);
  }
  Hold(head);
  connection().waiting_.PushBack(*this);
}

void ClientStream::Hold(const http::RequestHead& head) {
  held_ = arena_.New<http::RequestHead>(arena_);
  held_->method = head.method;
  held_->method_name = arena_.Copy(head.method_name);
  held_->path = arena_.Copy(head.path);
  held_->authority = arena_.Copy(head.authority);
  held_->upgrade = upgrade_;
  held_->content_length = head.content_length;
  for (const http::Header& field : head.headers) {
    held_->headers.Add(field.id, arena_.Copy(field.name), arena_.Copy(field.value));
  }
  head_sent_ = true;  // as far as the handler is concerned: its body is queued
}

void ClientStream::SubmitHeld() {
  static_cast<base::ListNode<ClientStream, WaitingTag>&>(*this).Unlink();
  if (!connection().AllowsTunnels()) return Fail(kNoTunnels);
  Submit(*held_, false);
}

void ClientStream::Submit(const http::RequestHead& head, bool ends_stream) {
  const FieldList fields(head, connection().scheme_, ends_stream);
  const nghttp2_data_provider body = connection().BodyOf(*this);
  const bool has_body = !ends_stream || is_tunnel_;
  const int32_t id = nghttp2_submit_request(connection().session(), nullptr, fields.data(),
                                            fields.size(), has_body ? &body : nullptr, this);
  if (id < 0) return Fail(kNotSent);
  id_ = id;
  head_sent_ = true;
  send_ended_ = send_ended_ || ends_stream;
  connection().WriteFor(*this);
}

void ClientStream::Fail(const http::StreamError& error) {
  TellReset(error);
  Cut(http::ResetKind::kInternal);
}

http::MessageFault ClientStream::TakeInformational() {
  if (++informational_count_ > connection().options_.limits.max_informational) {
    return fault::kTooManyInformational;
  }
  if (head_reader_.response().status == 100) {
    if (!expects_continue_) return {};  // nobody waits for it
    expects_continue_ = false;
  }
  handler_->OnInformational(head_reader_.response());
  return {};
}

void ClientStream::OnHead(bool ends_stream) {
  if (!is_listening() || !has_handler()) return;
  http::MessageFault fault = head_reader_.FinishResponse();
  http::ResponseHead& head = head_reader_.response();
  const bool is_informational = head.status < 200;
  if (!fault && is_informational) {
    fault = ends_stream ? http::MessageFault(fault::kInvalidStatus) : TakeInformational();
  }
  if (fault) {
    if (fault.status() == 431) connection().stats_.header_overflow.Add();
    TellReset(fault.ToError(http::Side::kUpstream));
    return Cut(http::ResetKind::kProtocol);
  }
  if (is_informational) return;
  head_received_ = true;
  receive_ended_ = ends_stream;
  const bool is_success = head.status < 300;
  if (is_tunnel_ && is_success && !upgrade_.empty()) {
    head.status = 101;  // what HTTP/1 would have said
    head.upgrade = upgrade_;
  } else if (is_tunnel_ && !is_success) {  // refused: what was meant for the tunnel goes nowhere
    is_tunnel_ = false;
    session_.DropPending(*this);
    send_ended_ = true;
    session_.ResumeBody(*this);
  }
  handler_->OnResponseHead(head, ends_stream);
}

ClientConnection::ClientConnection(http::ClientConnectionHandler& handler, const Options& options,
                                   Stats& stats, bool is_secure)
    : Session(Side::kClient, handler, options, stats),
      handler_(handler),
      scheme_(is_secure ? "https" : "http") {
  Write();
}

ClientConnection::~ClientConnection() { FreeAll(); }

http::ClientStream& ClientConnection::NewStream(http::ClientStreamHandler& handler,
                                                base::Arena& arena) {
  WEIR_CHECK(can_take_stream());
  auto* stream = new ClientStream(*this, handler, arena);
  Track(*stream);
  return *stream;
}

uint32_t ClientConnection::max_streams() const {
  const uint32_t by_peer =
      nghttp2_session_get_remote_settings(session(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return std::min(by_peer, options_.max_concurrent_streams);
}

bool ClientConnection::can_take_stream() const {
  return !is_over() && !is_draining_ && stream_count() < max_streams() &&
         nghttp2_session_check_request_allowed(session()) != 0;
}

bool ClientConnection::AllowsTunnels() const {
  return nghttp2_session_get_remote_settings(session(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) ==
         1;
}

void ClientConnection::OnPeerEnd() {
  if (is_over()) return;
  Lose({http::ErrorKind::kPeerClosed, http::Side::kUpstream, false,
        "upstream_reset_before_response_started{connection_termination}"});
  handler_.OnConnectionDone();
}

void ClientConnection::OnConnectionLost(const http::StreamError& error) {
  if (!is_over()) Lose(error);
}

void ClientConnection::SendPing() {
  if (is_over()) return;
  nghttp2_submit_ping(session(), NGHTTP2_FLAG_NONE, nullptr);
  Write();
}

void ClientConnection::Drain() {
  is_draining_ = true;
  if (is_over() || is_goaway_sent_ || stream_count() > 0) return;
  is_goaway_sent_ = true;
  Terminate(NGHTTP2_NO_ERROR);
  Write();
}

Stream* ClientConnection::OnHeadBegins(int32_t /*id*/, Stream* stream) {
  if (stream != nullptr) static_cast<ClientStream*>(stream)->StartHead(options_);
  return stream;
}

void ClientConnection::OnHeadComplete(Stream& stream, bool ends_stream) {
  static_cast<ClientStream&>(stream).OnHead(ends_stream);
}

void ClientConnection::OnGoaway() {
  is_draining_ = true;
  handler_.OnConnectionDone();
}

void ClientConnection::OnPeerSettings() {
  has_settings_ = true;
  while (!waiting_.empty()) waiting_.front().SubmitHeld();
  handler_.OnCapacityChanged();
}

void ClientConnection::OnStreamGone() {
  if (!is_over()) handler_.OnStreamSlotFree();
}

void ClientConnection::OnEnd(bool /*lingers*/) { handler_.OnConnectionDone(); }

void ClientConnection::Free(Stream& stream) { delete static_cast<ClientStream*>(&stream); }

}  // namespace weir::http2
