// One connection to the admin endpoint: HTTP/1.1 by the same codec that serves the data path, one
// request at a time, each answered by a handler. Admin thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/admin/admin_handlers.h"
#include "source/admin/rendered_body.h"
#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/filter/access_log.h"
#include "source/http/http1_server.h"
#include "source/net/connection.h"

namespace weir::admin {

class AdminConnection final : public base::ListNode<AdminConnection>,
                              public event::Deletable,
                              public net::ConnectionHandler,
                              private http::ServerConnectionHandler,
                              private http::ServerStreamHandler {
 public:
  // What the connections of one endpoint share.
  struct Shared {
    event::Loop& loop;
    const std::vector<AdminHandler>& handlers;
    const filter::AccessLogs& access_logs;
    RenderThreads& render_threads;
  };
  // `closed` is called once; the connection deletes itself after it.
  AdminConnection(const Shared& shared, int fd, const net::Address& remote,
                  std::function<void()> closed);
  ~AdminConnection() override;

 private:
  // net::ConnectionHandler
  size_t OnRead(std::string_view bytes) override;
  void OnReadEnd() override { codec_.OnPeerEnd(); }
  void OnOutputHigh() override { codec_.OnOutputHigh(); }
  void OnOutputLow() override { codec_.OnOutputLow(); }
  void OnClosed(net::CloseReason reason) override;
  // http::ServerConnectionHandler
  base::Buffer& output() override { return connection_.output(); }
  void OnOutput() override { connection_.FlushLater(); }
  void OnOutputEnd() override { connection_.ShutdownWrite(); }
  http::ServerStreamHandler& OnNewStream(http::ServerStream& stream, base::Arena& arena) override;
  void OnBadRequest(const http::StreamError& error, int status) override;
  void PauseReading() override { connection_.PauseReading(); }
  void ResumeReading() override { connection_.ResumeReading(); }
  void OnConnectionDone(bool lingers) override;
  void OnConnectionAbort() override { connection_.Close(net::CloseMode::kReset); }
  // http::ServerStreamHandler
  void OnRequestHead(http::RequestHead& head, bool ends_stream) override;
  void OnRequestBody(base::Buffer& body, bool ends_stream) override;
  void OnRequestTrailers(http::HeaderMap&) override { Answer(); }
  void OnStreamReset(const http::StreamError& error) override;
  void OnStreamDone() override;
  void OnSendHigh() override { is_blocked_ = true; }
  void OnSendLow() override;

  void Answer();
  AdminReply Dispatch() const;
  void SendMore();

  void LogRequest();

  const Shared shared_;
  filter::ConnectionInfo info_;
  filter::StreamInfo stream_info_;  // of the request at hand
  std::function<void()> closed_;
  net::Connection connection_;
  http::Http1ServerConnection codec_;
  event::Timer idle_timer_;
  http::ServerStream* stream_ = nullptr;
  base::Arena* arena_ = nullptr;
  http::RequestHead* head_ = nullptr;
  std::optional<http::ResponseHead> reply_head_;
  std::unique_ptr<RenderedBody> body_;
  bool is_blocked_ = false;
};

}  // namespace weir::admin
