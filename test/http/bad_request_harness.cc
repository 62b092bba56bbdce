#include "test/http/bad_request_harness.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/body_writer.h"
#include "source/http/head_writer.h"
#include "test/http/codec_harness.h"

namespace weir::http {
namespace {

// Writes each request upstream as it comes in.
class Forwarder {
 public:
  explicit Forwarder(ServerHarness& server) {
    server.on_head = [this, &server](SeenRequest& request) {
      const BodyFraming framing = FrameSentRequest(*request.head, request.ended);
      WriteRequestHead(*request.head, framing, output_);
      writer_.Start(framing);
      sent_ = 0;
      if (!request.upgrade.empty() || request.method == "CONNECT") server.Reply(403, "");
    };
    server.on_body = [this](SeenRequest& request) {
      base::Buffer body;
      body.Append(std::string_view(request.body).substr(sent_));
      sent_ = request.body.size();
      EXPECT_TRUE(writer_.Write(body, request.ended, output_));
    };
    server.on_end = [&server](SeenRequest&) { server.Reply(200, "ok"); };
  }

  std::string forwarded() const { return output_.ToString(); }

 private:
  base::Buffer output_;
  BodyWriter writer_;
  size_t sent_ = 0;
};

std::string LastStatus(const std::string& output) {
  const size_t at = output.rfind("HTTP/1.1 ");
  return at == std::string::npos ? "" : output.substr(at + 9, 3);
}

}  // namespace

RequestVerdict JudgeRequests(std::string_view bytes, size_t step,
                             const Http1ServerOptions& options) {
  ServerHarness server(options);
  Forwarder forwarder(server);
  server.ReceiveSplit(bytes, step);
  RequestVerdict verdict;
  bool is_refused = server.bad_status != 0;
  verdict.detail = server.bad_detail;
  for (const auto& request : server.requests) {
    if (!request->error.empty()) {
      is_refused = true;
      verdict.detail = request->error;
      continue;
    }
    if (!request->ended) continue;
    base::StrAppend(&verdict.summary, request->method, " ", request->path, " [", request->body,
                    "] ");
  }
  const std::string output = server.TakeOutput();
  if (is_refused) {
    EXPECT_TRUE(server.done);
    EXPECT_TRUE(server.lingers);
    EXPECT_TRUE(output.ends_with("\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") ||
                output.ends_with("connection: close\r\nupgrade: HTTP/1.1\r\n\r\n"))
        << output;
    base::StrAppend(&verdict.summary, LastStatus(output), "c");
  } else if (server.done) {
    verdict.summary += "closed";
  } else {
    const bool waits = server.connection->is_reading_head() || server.connection->has_streams();
    verdict.summary += waits ? "more" : "open";
  }
  verdict.forwarded = forwarder.forwarded();
  return verdict;
}

RequestVerdict JudgeRequests(std::string_view bytes, const Http1ServerOptions& options) {
  const size_t size = std::max<size_t>(bytes.size(), 1);
  const RequestVerdict whole = JudgeRequests(bytes, size, options);
  for (size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size / 2 + 1}) {
    if (step == 1 && size > 20'000) continue;  // quadratic in this harness
    const RequestVerdict split = JudgeRequests(bytes, step, options);
    EXPECT_EQ(split.summary, whole.summary) << "in pieces of " << step;
    EXPECT_EQ(split.detail, whole.detail) << "in pieces of " << step;
  }
  return whole;
}

}  // namespace weir::http
