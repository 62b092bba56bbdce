#include "source/extensions/http_filters/grpc_web/grpc_web_filter.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "source/filter/grpc_outcome.h"
#include "source/filter/http_filter_chain.h"
#include "test/routing/route_text.h"
#include "test/support/manual_clock.h"

namespace weir::extensions::grpc_web {
namespace {

using http::HeaderId;

// What came through to the upstream, and its handle on the stream.
struct Backend {
  filter::Stream* stream = nullptr;
  http::RequestHead* head = nullptr;
  std::string body;
};

class Terminal final : public filter::HttpFilter {
 public:
  explicit Terminal(Backend* const& backend) : backend_(*backend) {}
  filter::FilterStatus OnRequestHead(http::RequestHead& head, bool) override {
    backend_.stream = &stream();
    backend_.head = &head;
    return filter::FilterStatus::kPause;
  }
  filter::FilterStatus OnRequestBody(base::Buffer& body, bool) override {
    backend_.body += body.ToString();
    body.Clear();
    return filter::FilterStatus::kPause;
  }

 private:
  Backend& backend_;
};

class GrpcWebFilterTest : public testing::Test, public filter::StreamSink {
 protected:
  GrpcWebFilterTest() {
    filters_.entries.push_back(
        {"grpc_web", std::make_shared<filter::HttpFilterConfigOf<GrpcWebFilter, GrpcWebSettings>>(
                         GrpcWebSettings())});
    filters_.entries.push_back(
        {"end", std::make_shared<filter::HttpFilterConfigOf<Terminal, Backend*>>(&backend_, true)});
  }
  ~GrpcWebFilterTest() override { chain_.End(); }

  void Ask(std::string_view content_type) {
    request_ = std::make_unique<test::Request>(
        "POST", "h", "/s/m", test::Request::Headers{{"content-type", content_type}});
    request_->head.content_length = 8;
    info_.request = &request_->head;
    chain_.Begin(filters_, *this, 64 * 1024);
    chain_.OnRequestHead(request_->head, false);
  }
  void Send(std::string_view text, bool ends) {
    base::Buffer body;
    body.Append(text);
    chain_.OnRequestBody(body, ends);
  }
  void Respond(std::string_view body, std::string_view content_type = "application/grpc") {
    response_.emplace(arena_);
    response_->headers.Add(HeaderId::kContentType, content_type);
    response_->content_length = 100;
    backend_.stream->SendHead(*response_, false);
    base::Buffer bytes;
    bytes.Append(body);
    backend_.stream->SendBody(bytes, false);
  }
  void RespondTrailers(std::string_view status, std::string_view message) {
    trailers_.emplace(arena_);
    trailers_->Add(HeaderId::kGrpcStatus, status);
    trailers_->Add(HeaderId::kGrpcMessage, message);
    backend_.stream->SendTrailers(*trailers_);
  }

  // filter::StreamSink
  void WriteInformational(http::ResponseHead&) override {}
  void WriteHead(http::ResponseHead& head, bool) override {
    status_ = head.status;
    type_ = std::string(head.headers.Value(HeaderId::kContentType));
    length_ = head.content_length;
    grpc_status_ = std::string(head.headers.Value(HeaderId::kGrpcStatus));
  }
  void WriteBody(base::Buffer& body, bool) override {
    written_ += body.ToString();
    body.Clear();
  }
  void WriteTrailers(http::HeaderMap& trailers) override {
    written_ += absl::StrCat("[", trailers.size(), " trailers]");
  }
  void ResetStream(const http::StreamError&) override { written_ += "[reset]"; }
  void PauseReceiving() override {}
  void ResumeReceiving() override {}
  filter::StreamInfo& info() override { return info_; }
  base::Arena& arena() override { return arena_; }
  event::Loop& loop() override { return loop_; }
  const routing::Route* route() override { return nullptr; }
  const routing::RouteTable* route_table() override { return nullptr; }
  void RefreshRoute() override {}

  test::ManualClock clock_;
  event::Loop loop_{"test", 0, clock_};
  base::Arena arena_;
  filter::StreamInfo info_;
  Backend backend_;
  filter::HttpFilterList filters_;
  std::unique_ptr<test::Request> request_;
  std::optional<http::ResponseHead> response_;
  std::optional<http::HeaderMap> trailers_;
  int status_ = 0;
  int64_t length_ = 0;
  std::string type_, grpc_status_, written_;
  filter::HttpFilterChain chain_;
};

constexpr std::string_view kMessage("\0\0\0\0\2hi", 7);

TEST_F(GrpcWebFilterTest, TheBinaryFormBecomesGrpc) {
  Ask("application/grpc-web+proto");
  Send(kMessage, true);
  EXPECT_EQ(backend_.head->headers.Value(HeaderId::kContentType), "application/grpc");
  EXPECT_EQ(backend_.head->headers.Value(HeaderId::kTe), "trailers");
  EXPECT_EQ(backend_.head->headers.Value("grpc-accept-encoding"), "identity,deflate,gzip");
  EXPECT_EQ(backend_.head->content_length, 8);
  EXPECT_EQ(backend_.body, kMessage);
}

TEST_F(GrpcWebFilterTest, TrailersBecomeTheLastFrame) {
  Ask("application/grpc-web");
  Send(kMessage, true);
  Respond(kMessage);
  RespondTrailers("5", "no");
  EXPECT_EQ(type_, "application/grpc-web+proto");
  EXPECT_EQ(length_, -1);
  const std::string fields = "grpc-status:5\r\ngrpc-message:no\r\n";
  EXPECT_EQ(written_, std::string(kMessage) + std::string("\x80\0\0\0", 4) +
                          static_cast<char>(fields.size()) + fields + "[0 trailers]");
  info_.response_code = 200;
  EXPECT_EQ(filter::GrpcStatusOf(info_), http::GrpcStatus::kNotFound) << "for logs";
}

TEST_F(GrpcWebFilterTest, TheTextFormIsDecodedAndEncoded) {
  Ask("application/grpc-web-text");
  EXPECT_EQ(backend_.head->content_length, -1);
  Send("AAAAAA", false);
  Send("Jo", false);
  Send("aQ==", true);
  EXPECT_EQ(backend_.body, kMessage);
  Respond(kMessage);
  RespondTrailers("0", "");
  EXPECT_EQ(type_, "application/grpc-web-text+proto");
  // "\x80\0\0\0\x1e" "grpc-status:0\r\ngrpc-message:\r\n"
  EXPECT_EQ(written_, "AAAAAAJoaQ==gAAAAB5ncnBjLXN0YXR1czowDQpncnBjLW1lc3NhZ2U6DQo=[0 trailers]");
}

TEST_F(GrpcWebFilterTest, WhatIsNoBase64IsRefusedAsGrpcWebDoes) {
  Ask("application/grpc-web-text+proto");
  Send("AAA!", false);
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(grpc_status_, "13");
  EXPECT_EQ(info_.response_code_details, "grpc_web_invalid_base64");
}

TEST_F(GrpcWebFilterTest, ATextThatEndsTooEarlyIsRefused) {
  Ask("application/grpc-web-text+proto");
  Send("AAAAA", true);
  EXPECT_EQ(grpc_status_, "13");
}

TEST_F(GrpcWebFilterTest, RepliesWithoutABodyKeepTheirFields) {
  Ask("application/grpc-web-text");
  response_.emplace(arena_);
  response_->headers.Add(HeaderId::kContentType, "application/grpc");
  response_->headers.Add(HeaderId::kGrpcStatus, "14");
  backend_.stream->SendHead(*response_, true);
  EXPECT_EQ(type_, "application/grpc-web-text+proto");
  EXPECT_EQ(grpc_status_, "14");
}

TEST_F(GrpcWebFilterTest, WhatIsNotOfGrpcPassesAsItIs) {
  Ask("application/grpc-web-text");
  Send("AAAA", true);
  Respond("<html>", "text/html");
  EXPECT_EQ(type_, "text/html");
  EXPECT_EQ(written_, "<html>");
}

TEST_F(GrpcWebFilterTest, OtherRequestsPassAsTheyAre) {
  for (const char* const type : {"application/grpc", "application/grpc-webx", "text/plain"}) {
    Ask(type);
    Send("AAA!", true);
    EXPECT_EQ(backend_.head->headers.Value(HeaderId::kContentType), type);
    EXPECT_EQ(backend_.head->content_length, 8);
    Respond("x");
    RespondTrailers("0", "");
    EXPECT_EQ(type_, "application/grpc");
    EXPECT_EQ(written_, "x[2 trailers]");
    written_.clear();
    chain_.End();
    chain_.Clear();
  }
}

}  // namespace
}  // namespace weir::extensions::grpc_web
