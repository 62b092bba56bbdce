// Tested by test/http2/round_trip_test.cc.

#include "source/http2/server_connection.h"

#include "source/base/free_list.h"
#include "source/http2/field_list.h"
#include "source/http2/http2_faults.h"

namespace weir::http2 {

class ServerStream final : public Stream, public http::ServerStream {
 public:
  explicit ServerStream(ServerConnection& connection) : Stream(connection) {}

  static void* operator new(size_t size);
  static void operator delete(void* block);

  void Begin(const Options& options) { head_reader_.StartRequest(arena_, options); }
  HeadReader& reader() { return head_reader_; }
  void Open(http::ServerStreamHandler& handler, bool ends_stream);
  void NoteHead(bool ends_stream);
  void Submit(const http::ResponseHead& head, int status, bool ends_stream);

  // http::ServerStream
  void SendHead(const http::ResponseHead& head, bool ends_stream) override;
  void SendInformational(const http::ResponseHead& head) override;
  void SendBody(base::Buffer& body, bool ends_stream) override { QueueBody(body, ends_stream); }
  void SendTrailers(const http::HeaderMap& trailers) override { QueueTrailers(trailers); }
  void Reset(http::ResetKind kind) override { Cut(kind); }
  void PauseReceiving() override { Pause(); }
  void ResumeReceiving() override { Resume(); }

  base::Arena& arena() override { return arena_; }
  bool is_open() const { return handler_ != nullptr; }

 private:
  // Stream
  bool has_handler() const override { return handler_ != nullptr; }
  void TellBody(bool ends_stream) override { handler_->OnRequestBody(received_, ends_stream); }
  void TellTrailers() override { handler_->OnRequestTrailers(head_reader_.trailers()); }
  void TellReset(const http::StreamError& error) override { handler_->OnStreamReset(error); }
  void TellSendHigh() override { handler_->OnSendHigh(); }
  void TellSendLow() override { handler_->OnSendLow(); }
  void TellDone() override;

  ServerConnection& connection() { return static_cast<ServerConnection&>(session_); }

  base::Arena arena_;
  http::ServerStreamHandler* handler_ = nullptr;
  http::Method method_ = http::Method::kGet;  // the request's own: a handler may edit the head
  bool expects_continue_ = false;
};

namespace {

using StreamBlocks = base::ThreadFreeList<struct ServerStreamTag, sizeof(ServerStream), 128>;

}  // namespace

void* ServerStream::operator new(size_t /*size*/) { return StreamBlocks::Take(); }
void ServerStream::operator delete(void* block) { StreamBlocks::Give(block); }

void ServerStream::TellDone() {
  http::ServerStreamHandler* const handler = handler_;
  handler_ = nullptr;
  handler->OnStreamDone();
}

void ServerStream::NoteHead(bool ends_stream) {
  head_received_ = true;
  receive_ended_ = ends_stream;
}

void ServerStream::Open(http::ServerStreamHandler& handler, bool ends_stream) {
  http::RequestHead& head = head_reader_.request();
  handler_ = &handler;
  method_ = head.method;
  expects_continue_ = head.expects_continue;
  is_tunnel_ = !head.upgrade.empty() || method_ == http::Method::kConnect;
  handler.OnRequestHead(head, ends_stream);
  const bool was_offered = is_tunnel_ && method_ != http::Method::kConnect;
  if (!was_offered || !head.upgrade.empty() || head_sent_ || handler_ == nullptr) return;
  // The handler took the offer out: an ordinary request without a body.
  is_tunnel_ = false;
  receive_ended_ = true;
  TellBody(true);
}

void ServerStream::Submit(const http::ResponseHead& head, int status, bool ends_stream) {
  const FieldList fields(head, status, ends_stream);
  const nghttp2_data_provider body = connection().BodyOf(*this);
  head_sent_ = true;
  send_ended_ = ends_stream;
  if (!ends_stream) connection().ShareFairly(*this);
  nghttp2_submit_response(connection().session(), id_, fields.data(), fields.size(),
                          ends_stream ? nullptr : &body);
  connection().WriteFor(*this);
}

void ServerStream::SendHead(const http::ResponseHead& head, bool ends_stream) {
  if (head_sent_ || is_cut_ || is_closed_ || connection().is_over()) return;
  int status = head.status;
  const bool is_success =
      method_ == http::Method::kConnect ? status >= 200 && status < 300 : status == 101;
  if (is_tunnel_ && is_success) {
    if (status == 101) status = 200;  // RFC 8441 §5
  } else {
    is_tunnel_ = false;
    if (status < 200) {  // an upgrade nobody asked for: what would follow is no answer
      status = 502;
      ends_stream = true;
    }
    is_bodiless_ = method_ == http::Method::kHead || status == 204 || status == 304;
    if (!is_bodiless_) promised_bytes_ = head.content_length;
  }
  Submit(head, status, ends_stream);
}

void ServerStream::SendInformational(const http::ResponseHead& head) {
  if (head_sent_ || is_cut_ || is_closed_ || connection().is_over()) return;
  if (head.status >= 200 || head.status == 101) return;
  if (head.status == 100) {
    if (!expects_continue_) return;
    expects_continue_ = false;
  }
  const FieldList fields(head, head.status, false);
  nghttp2_submit_headers(connection().session(), NGHTTP2_FLAG_NONE, id_, nullptr, fields.data(),
                         fields.size(), nullptr);
  connection().WriteFor(*this);
}

ServerConnection::ServerConnection(http::ServerConnectionHandler& handler, const Options& options,
                                   Stats& stats)
    : Session(Side::kServer, handler, options, stats), handler_(handler) {
  Write();
}

ServerConnection::~ServerConnection() { FreeAll(); }

void ServerConnection::OnPeerEnd() {
  if (is_over()) return;
  Lose({http::ErrorKind::kPeerClosed, http::Side::kDownstream, false,
        "downstream_remote_disconnect"});
  handler_.OnConnectionDone(false);
}

void ServerConnection::OnConnectionLost(const http::StreamError& error) {
  if (!is_over()) Lose(error);
}

void ServerConnection::AnnounceDrain() {
  if (is_over()) return;
  nghttp2_submit_shutdown_notice(session());
  Write();
}

void ServerConnection::Drain() {
  if (is_over()) return;
  nghttp2_submit_goaway(session(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  Write();
}

void ServerConnection::SendPing() {
  if (is_over()) return;
  nghttp2_submit_ping(session(), NGHTTP2_FLAG_NONE, nullptr);
  Write();
}

Stream* ServerConnection::OnHeadBegins(int32_t id, Stream* stream) {
  if (stream != nullptr) return stream;
  auto* begun = new ServerStream(*this);
  Track(*begun);
  Attach(*begun, id);
  begun->Begin(options_);
  return begun;
}

void ServerConnection::OnHeadComplete(Stream& base, bool ends_stream) {
  auto& stream = static_cast<ServerStream&>(base);
  if (!stream.is_listening()) return;
  const http::MessageFault fault = stream.reader().FinishRequest(ends_stream, stats_);
  stream.NoteHead(ends_stream);
  if (!fault && !AdmitHead(stream)) return Session::Reset(stream, NGHTTP2_REFUSED_STREAM);
  if (!fault) {
    return stream.Open(handler_.OnNewStream(stream, stream.arena()), ends_stream);
  }
  const http::StreamError error = fault.ToError(http::Side::kDownstream);
  if (error.kind == http::ErrorKind::kHeadTooLarge) stats_.header_overflow.Add();
  is_refused_by_reset_ = error.kind == http::ErrorKind::kProtocol && fault.status() == 400;
  Refuse(stream, error, fault.status());
}

void ServerConnection::Refuse(ServerStream& stream, const http::StreamError& error, int status) {
  refused_ = &stream;
  handler_.OnBadRequest(error, status);
  refused_ = nullptr;
}

void ServerConnection::SendErrorReply(int status, std::string_view body) {
  if (is_over()) return;
  if (refused_ == nullptr) {  // a head that does not come to its end
    Terminate(NGHTTP2_NO_ERROR);
    return Write();
  }
  ServerStream& stream = *refused_;
  if (is_refused_by_reset_) {
    CountCutShort();
    return Session::Reset(stream, NGHTTP2_PROTOCOL_ERROR);
  }
  http::ResponseHead head(stream.arena());
  head.content_length = static_cast<int64_t>(body.size());
  stream.Submit(head, status, body.empty());
  if (body.empty()) return;
  base::Buffer bytes;
  bytes.Append(body);
  stream.SendBody(bytes, true);
}

void ServerConnection::OnMalformed(Stream& base) {
  auto& stream = static_cast<ServerStream&>(base);
  if (stream.is_open()) return;  // its handler hears of the reset
  is_refused_by_reset_ = true;
  Refuse(stream, http::MessageFault(fault::kMessaging).ToError(http::Side::kDownstream), 400);
}

void ServerConnection::Free(Stream& stream) { delete static_cast<ServerStream*>(&stream); }

}  // namespace weir::http2
