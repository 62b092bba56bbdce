#include "test/http/codec_harness.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "source/base/strings.h"

namespace weir::http {

std::string FieldsToString(const HeaderMap& headers) {
  std::string text;
  for (const Header& field : headers) {
    base::StrAppend(&text, field.name, ": ", field.value, "\r\n");
  }
  return text;
}

std::string ErrorToString(const StreamError& error) {
  return base::StrCat("reset ", error.detail, error.retryable ? " retryable" : "");
}

void SeenRequest::OnRequestHead(RequestHead& request, bool ends_stream) {
  EXPECT_FALSE(has_head);
  has_head = true;
  head = &request;
  method = request.method_name;
  path = request.path;
  authority = request.authority;
  scheme = request.scheme;
  upgrade = request.upgrade;
  fields = FieldsToString(request.headers);
  content_length = request.content_length;
  expects_continue = request.expects_continue;
  ended = ends_stream;
  if (harness->on_head) harness->on_head(*this);
  if (ended && !done && harness->on_end) harness->on_end(*this);
}

void SeenRequest::OnRequestBody(base::Buffer& bytes, bool ends_stream) {
  EXPECT_TRUE(has_head);
  EXPECT_FALSE(ended);
  EXPECT_FALSE(done);
  body += bytes.ToString();
  bytes.Clear();
  ended = ends_stream;
  if (harness->on_body) harness->on_body(*this);
  if (ended && harness->on_end) harness->on_end(*this);
}

void SeenRequest::OnRequestTrailers(HeaderMap& map) {
  EXPECT_FALSE(ended);
  EXPECT_FALSE(done);
  trailers = FieldsToString(map);
  ended = true;
  if (harness->on_end) harness->on_end(*this);
}

void SeenRequest::OnStreamReset(const StreamError& e) {
  EXPECT_FALSE(done);
  EXPECT_TRUE(error.empty());
  error = ErrorToString(e);
}

void SeenRequest::OnStreamDone() {
  EXPECT_FALSE(done);
  done = true;
  head = nullptr;
}

std::string SeenRequest::Summary() const {
  return base::StrCat(method, " ", path, " @", authority,
                      upgrade.empty() ? "" : " upgrade=", upgrade, " length=", content_length, " {",
                      fields, "} [", body, "]", trailers.empty() ? "" : " trailers=", trailers,
                      ended ? " ended" : "", error.empty() ? "" : " ", error, done ? " done" : "");
}

ServerHarness::ServerHarness(Http1ServerOptions server_options)
    : options(std::move(server_options)),
      connection(std::make_unique<Http1ServerConnection>(*this, options)) {
  on_end = [this](SeenRequest&) { Reply(200, "ok"); };
}

void ServerHarness::Receive(std::string_view bytes) {
  unread += bytes;
  must_feed_ = true;
  Pump();
}

void ServerHarness::ReceiveSplit(std::string_view bytes, size_t size) {
  for (size_t i = 0; i < bytes.size(); i += size) Receive(bytes.substr(i, size));
}

void ServerHarness::ResumeReading() {
  EXPECT_GT(pauses, 0);
  if (--pauses == 0) {
    must_feed_ = true;
    Pump();
  }
}

void ServerHarness::Pump() {
  if (is_feeding_) return;
  is_feeding_ = true;
  while (must_feed_ && pauses == 0) {
    must_feed_ = false;
    // Memory of its own and of exact size: a read past the end is seen by the sanitizers, and a
    // view that is kept past Feed dangles.
    std::vector<char> shown(unread.begin(), unread.end());
    const size_t consumed = connection->Feed({shown.data(), shown.size()});
    ASSERT_LE(consumed, unread.size());
    unread.erase(0, consumed);
    if (has_yielded_) {  // the turn is over
      has_yielded_ = false;
      --pauses;
      must_feed_ = true;
    }
  }
  is_feeding_ = false;
}

bool ServerHarness::YieldReading() {
  if (!can_yield) return false;
  EXPECT_FALSE(has_yielded_);
  has_yielded_ = true;
  ++pauses;
  ++yields;
  return true;
}

std::string ServerHarness::TakeOutput() {
  std::string text = output_.ToString();
  output_.Clear();
  return text;
}

std::string ServerHarness::Summary() const {
  std::string text;
  for (const auto& request : requests) base::StrAppend(&text, request->Summary(), "\n");
  if (bad_status != 0) {
    base::StrAppend(&text, bad_status, " ", bad_detail);
  } else {
    text += aborted ? "aborted" : done ? (lingers ? "done lingering" : "done") : "open";
  }
  return text;
}

void ServerHarness::Reply(ServerStream& stream, int status, std::string_view body,
                          base::Arena& arena) {
  ResponseHead head(arena);
  head.status = status;
  head.content_length = static_cast<int64_t>(body.size());
  stream.SendHead(head, body.empty());
  if (body.empty()) return;
  base::Buffer bytes;
  bytes.Append(body);
  stream.SendBody(bytes, true);
}

void ServerHarness::Reply(int status, std::string_view body) {
  base::Arena of_reply;
  Reply(*last()->stream, status, body, of_reply);
}

ServerStreamHandler& ServerHarness::OnNewStream(ServerStream& stream, base::Arena& of_stream) {
  EXPECT_TRUE(requests.empty() || requests.back()->done);
  EXPECT_FALSE(done);
  arena = &of_stream;
  requests.push_back(std::make_unique<SeenRequest>());
  requests.back()->harness = this;
  requests.back()->stream = &stream;
  return *requests.back();
}

void ServerHarness::OnBadRequest(const StreamError& error, int status) {
  EXPECT_EQ(bad_status, 0);
  EXPECT_EQ(error.side, Side::kDownstream);
  bad_status = status;
  bad_detail = error.detail;
  connection->SendErrorReply(status, {});
}

void ServerHarness::OnConnectionDone(bool will_linger) {
  EXPECT_FALSE(done);
  done = true;
  lingers = will_linger;
}

ClientHarness::ClientHarness(Http1ClientOptions client_options)
    : options(std::move(client_options)),
      connection(std::make_unique<Http1ClientConnection>(*this, options)) {}

void ClientHarness::Request(std::string_view method, std::string_view path, bool ends_stream,
                            const std::function<void(RequestHead&)>& edit) {
  arena = std::make_unique<base::Arena>();
  events.clear();
  fields.clear();
  body.clear();
  status = 0;
  ended = false;
  stream = &connection->NewStream(*this, *arena);
  RequestHead head(*arena);
  head.method_name = method;
  head.method = ParseMethod(method);
  head.path = path;
  head.authority = "upstream";
  head.scheme = "http";
  head.content_length = ends_stream ? 0 : -1;
  edit(head);
  stream->SendHead(head, ends_stream);
}

void ClientHarness::SendBody(std::string_view bytes, bool ends_stream) {
  base::Buffer buffer;
  buffer.Append(bytes);
  stream->SendBody(buffer, ends_stream);
  EXPECT_TRUE(buffer.empty());
}

void ClientHarness::Receive(std::string_view bytes) {
  unread += bytes;
  must_feed_ = true;
  Pump();
}

void ClientHarness::ReceiveSplit(std::string_view bytes, size_t size) {
  for (size_t i = 0; i < bytes.size(); i += size) Receive(bytes.substr(i, size));
}

void ClientHarness::ResumeReading() {
  EXPECT_GT(pauses, 0);
  if (--pauses == 0) {
    must_feed_ = true;
    Pump();
  }
}

void ClientHarness::Pump() {
  if (is_feeding_) return;
  is_feeding_ = true;
  while (must_feed_ && pauses == 0) {
    must_feed_ = false;
    std::vector<char> shown(unread.begin(), unread.end());
    const size_t consumed = connection->Feed({shown.data(), shown.size()});
    ASSERT_LE(consumed, unread.size());
    unread.erase(0, consumed);
  }
  is_feeding_ = false;
}

std::string ClientHarness::TakeOutput() {
  std::string text = output_.ToString();
  output_.Clear();
  return text;
}

std::string ClientHarness::Summary() const {
  return base::StrCat(events, " [", body, "]", ended ? " ended" : "", done > 0 ? " done" : "",
                      connection->is_reusable() ? " reusable" : "");
}

void ClientHarness::OnInformational(ResponseHead& head) {
  base::StrAppend(&events, head.status, " {", FieldsToString(head.headers), "} ");
}

void ClientHarness::OnResponseHead(ResponseHead& head, bool ends_stream) {
  EXPECT_EQ(status, 0);
  status = head.status;
  content_length = head.content_length;
  fields = FieldsToString(head.headers);
  ended = ends_stream;
  base::StrAppend(&events, status, " length=", content_length, " {", fields, "}");
  if (!head.upgrade.empty()) base::StrAppend(&events, " upgrade=", head.upgrade);
  if (on_head) on_head();
}

void ClientHarness::OnResponseBody(base::Buffer& bytes, bool ends_stream) {
  EXPECT_NE(status, 0);
  EXPECT_FALSE(ended);
  body += bytes.ToString();
  bytes.Clear();
  ended = ends_stream;
}

void ClientHarness::OnResponseTrailers(HeaderMap& map) {
  EXPECT_FALSE(ended);
  ended = true;
  base::StrAppend(&events, " trailers=", FieldsToString(map));
}

void ClientHarness::OnStreamReset(const StreamError& e) {
  error = e;
  error_detail = e.detail;
  base::StrAppend(&events, " ", ErrorToString(e));
}

void ClientHarness::OnStreamDone() { ++done; }

}  // namespace weir::http
