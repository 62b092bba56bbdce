// What a codec writes, a codec reads back as the same message: parse, serialise, parse again.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "test/http/bad_request_harness.h"
#include "test/http/codec_harness.h"
#include "test/http/message_generator.h"

namespace weir::http {
namespace {

TEST(RoundTripTest, ForwardedRequestsAreTheSameRequests) {
  int served = 0;
  EXPECT_TRUE(rc::check("forwarding keeps number and meaning of requests", [&] {
    std::string bytes;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) bytes += GenerateRequest();
    const RequestVerdict first = JudgeRequests(bytes, bytes.size());
    // Only whole, accepted requests; a broken one is cut off upstream, too.
    RC_PRE(first.summary.ends_with(" open") || first.summary.ends_with(" closed"));
    const RequestVerdict second = JudgeRequests(first.forwarded, first.forwarded.size());
    RC_ASSERT(second.summary.substr(0, second.summary.rfind(' ')) ==
              first.summary.substr(0, first.summary.rfind(' ')));
    RC_ASSERT(second.forwarded == first.forwarded);  // canonical already
    ++served;
  }));
  EXPECT_GT(served, 50);
}

TEST(RoundTripTest, SentResponsesAreTheSameResponses) {
  EXPECT_TRUE(rc::check("a client reads what a server wrote", [] {
    const int status = *rc::gen::elementOf(std::vector<int>{200, 204, 205, 304, 404, 500, 599});
    const std::string method = *rc::gen::elementOf(std::vector<std::string>{"GET", "HEAD", "POST"});
    const std::string body = *rc::gen::elementOf(
        std::vector<std::string>{"", "x", "0\r\n\r\n", std::string(40'000, 'z')});
    const bool declares_length = *rc::gen::arbitrary<bool>();
    const bool drains = *rc::gen::arbitrary<bool>();

    ServerHarness server;
    server.on_end = [&](SeenRequest& request) {
      base::Arena arena;
      ResponseHead head(arena);
      head.status = status;
      head.headers.Add("x-a", "b");
      head.content_length = declares_length ? static_cast<int64_t>(body.size()) : -1;
      if (drains) server.connection->Drain();
      request.stream->SendHead(head, false);
      base::Buffer bytes;
      bytes.Append(body);
      request.stream->SendBody(bytes, true);
    };
    server.Receive(method + " / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    RC_ASSERT(server.done == drains);

    ClientHarness client;
    client.Request(method, "/");
    client.Receive(server.TakeOutput());
    const bool has_body = method != "HEAD" && status != 204 && status != 304;
    RC_ASSERT(client.status == status);
    RC_ASSERT(client.ended);
    RC_ASSERT(client.fields == "x-a: b\r\n");
    RC_ASSERT(client.body == (has_body ? body : ""));
    RC_ASSERT(client.connection->is_reusable() == !drains);
  }));
}

}  // namespace
}  // namespace weir::http
