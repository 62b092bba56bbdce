#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "absl/strings/str_cat.h"
#include "test/http2/harness.h"

namespace weir::http2 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Http2RoundTrip, OneRequest) {
  Client client;
  Server server;
  SeenResponse& response = client.Request("GET", "/x?y=1", true, [](http::RequestHead& head) {
    head.headers.AddCopy("accept", "*/*");
  });
  Exchange(client, server);
  ASSERT_EQ(server.requests.size(), 1u);
  const SeenRequest& request = server.last();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/x?y=1");
  EXPECT_EQ(request.authority, "a.test");
  EXPECT_EQ(request.scheme, "http");
  EXPECT_EQ(request.fields, "accept: */*\n");
  EXPECT_EQ(request.content_length, 0);
  EXPECT_TRUE(request.done);
  EXPECT_EQ(request.error, "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_length, 2);
  EXPECT_EQ(response.body, "ok");
  EXPECT_TRUE(response.ended);
  EXPECT_TRUE(response.done);
  EXPECT_EQ(response.error, "");
  EXPECT_EQ(client.slots, 1);
  EXPECT_FALSE(server.connection->has_streams());
  EXPECT_EQ(client.connection->active_streams(), 0u);
}

// A client of plaintext HTTP may well be served by an upstream of TLS, and the reverse.
TEST(Http2RoundTrip, TheSchemeIsTheUpstreamTransports) {
  for (const bool is_secure : {false, true}) {
    Client client({}, is_secure);
    Options options;
    options.is_secure = is_secure;
    Server server(options);
    const auto other_scheme = [is_secure](http::RequestHead& head) {
      head.scheme = is_secure ? "http" : "https";
    };
    const SeenResponse& response = client.Request("GET", "/", true, other_scheme);
    Exchange(client, server);
    ASSERT_EQ(server.requests.size(), 1u);
    EXPECT_EQ(server.last().scheme, is_secure ? "https" : "http");
    EXPECT_EQ(response.status, 200);
  }
}

TEST(Http2RoundTrip, ManyAtOnceInAnyOrder) {
  Client client;
  Server server;
  server.answers = false;
  for (int i = 0; i < 50; ++i) client.Request("GET", absl::StrCat("/", i));
  Exchange(client, server);
  ASSERT_EQ(server.requests.size(), 50u);
  EXPECT_EQ(server.stats.streams_active.value(), 50);
  for (int i = 49; i >= 0; --i) server.requests[i]->Reply(200, server.requests[i]->path);
  Exchange(client, server);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.responses[i]->body, absl::StrCat("/", i));
  EXPECT_EQ(client.slots, 50);
  EXPECT_EQ(server.stats.streams_active.value(), 0);
}

TEST(Http2RoundTrip, BodiesAndTrailersBothWays) {
  Client client;
  Server server;
  server.answers = false;
  SeenResponse& response = client.Request(
      "POST", "/", false, [](http::RequestHead& head) { head.headers.AddCopy("te", "trailers"); });
  response.SendBody("abc", false);
  Exchange(client, server);
  EXPECT_THAT(server.last().fields, HasSubstr("te: trailers"));
  EXPECT_EQ(server.last().body, "abc");
  EXPECT_EQ(server.last().content_length, -1);
  base::Arena arena;
  http::HeaderMap trailers(arena);
  trailers.AddCopy("x-sum", "7");
  response.stream->SendTrailers(trailers);
  Exchange(client, server);
  EXPECT_EQ(server.last().trailers, "x-sum: 7\n");
  server.last().SendHead(200, false);
  server.last().SendBody("def", false);
  http::HeaderMap status(arena);
  status.AddCopy("grpc-status", "0");
  server.last().stream->SendTrailers(status);
  Exchange(client, server);
  EXPECT_EQ(response.body, "def");
  EXPECT_EQ(response.trailers, "grpc-status: 0\n");
  EXPECT_TRUE(response.done);
  EXPECT_TRUE(server.last().done);
}

TEST(Http2RoundTrip, TrailersOnly) {
  Client client;
  Server server;
  server.answers = false;
  SeenResponse& response = client.Request("POST", "/", false);
  Exchange(client, server);
  server.last().SendHead(200, true, -1, {{"grpc-status", "12"}});
  Exchange(client, server);
  EXPECT_THAT(response.fields, HasSubstr("grpc-status: 12"));
  EXPECT_EQ(response.content_length, -1) << "nobody said so: it would be metadata of gRPC";
  EXPECT_TRUE(response.ended);
  // The rest of the request is of no use: the server says so without an error.
  EXPECT_TRUE(response.done);
  EXPECT_EQ(response.error, "");
  EXPECT_TRUE(server.last().done);
  EXPECT_EQ(server.last().error, "");
}

TEST(Http2RoundTrip, InformationalResponses) {
  Client client;
  Server server;
  server.answers = false;
  SeenResponse& response = client.Request(
      "POST", "/", false, [](http::RequestHead& head) { head.expects_continue = true; });
  Exchange(client, server);
  EXPECT_TRUE(server.last().expects_continue);
  base::Arena arena;
  http::ResponseHead head(arena);
  head.status = 100;
  server.last().stream->SendInformational(head);
  head.status = 103;
  head.headers.AddCopy("link", "</a>");
  server.last().stream->SendInformational(head);
  server.last().Reply(200, "");
  Exchange(client, server);
  EXPECT_EQ(response.informational, "100\n103\nlink: </a>\n");
  EXPECT_EQ(response.status, 200);
}

// I14.
TEST(Http2RoundTrip, HeadHasALengthAndNoBody) {
  Client client;
  Server server;
  SeenResponse& response = client.Request("HEAD", "/");
  Exchange(client, server);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.content_length, 2);
  EXPECT_EQ(response.error, "");
  EXPECT_TRUE(response.done);
}

TEST(Http2RoundTrip, ResetsHaveTheirMeaning) {
  Client client;
  Server server;
  server.answers = false;
  SeenResponse& cut = client.Request("GET", "/");
  SeenResponse& refused = client.Request("GET", "/");
  SeenResponse& given_up = client.Request("GET", "/");
  Exchange(client, server);
  server.requests[0]->stream->Reset(http::ResetKind::kInternal);
  EXPECT_TRUE(server.requests[0]->done);
  server.requests[1]->stream->Reset(http::ResetKind::kRefused);
  given_up.stream->Reset(http::ResetKind::kCancel);
  EXPECT_TRUE(given_up.done);
  Exchange(client, server);
  EXPECT_EQ(cut.error, "http2.remote_reset");
  EXPECT_EQ(refused.error, "http2.remote_refuse retryable");
  EXPECT_EQ(server.requests[2]->error, "http2.remote_reset");
  EXPECT_EQ(client.slots, 3);
  EXPECT_EQ(server.stats.rx_reset.value(), 1u);
}

TEST(Http2RoundTrip, ABodyThatIsNotAsLongAsPromisedIsNotWhole) {
  for (const std::string body : {"abc", "abcdefg"}) {
    Client client;
    Server server;
    server.answers = false;
    SeenResponse& response = client.Request("GET", "/");
    Exchange(client, server);
    server.last().SendHead(200, false, 5);
    server.last().SendBody(body, true);
    Exchange(client, server);
    EXPECT_FALSE(response.ended) << body;
    EXPECT_NE(response.error, "") << body;
  }
}

TEST(Http2RoundTrip, DrainsInTwoSteps) {
  Client client;
  Server server;
  server.answers = false;
  SeenResponse& first = client.Request("GET", "/1");
  Exchange(client, server);
  SeenResponse& crossing = client.Request("GET", "/2");
  server.connection->AnnounceDrain();
  Exchange(client, server);
  EXPECT_EQ(server.requests.size(), 2u);  // it was on its way
  EXPECT_FALSE(client.connection->can_take_stream());
  EXPECT_EQ(client.ends, 1);
  server.connection->Drain();
  server.requests[0]->Reply(200, "a");
  Exchange(client, server);
  EXPECT_FALSE(server.is_done);
  server.requests[1]->Reply(200, "b");
  Exchange(client, server);
  EXPECT_EQ(first.body, "a");
  EXPECT_EQ(crossing.body, "b");
  EXPECT_TRUE(server.is_done);
}

TEST(Http2RoundTrip, RequestsBehindTheLastOneAreToldToTryElsewhere) {
  Client client;
  Server server;
  server.answers = false;
  client.Request("GET", "/1");
  Exchange(client, server);
  SeenResponse& late = client.Request("GET", "/2");
  const std::string unseen = client.TakeOutput();
  server.connection->Drain();
  client.Receive(server.TakeOutput());
  EXPECT_EQ(late.error, "http2.remote_refuse retryable");
  EXPECT_TRUE(late.done);
}

TEST(Http2RoundTrip, ADrainOfAnIdleConnectionEndsIt) {
  Client client;
  Server server;
  Exchange(client, server);
  server.connection->Drain();
  EXPECT_TRUE(server.is_done);
}

TEST(Http2RoundTrip, Pings) {
  Client client;
  Server server;
  client.connection->SendPing();
  server.connection->SendPing();
  Exchange(client, server);
  EXPECT_EQ(client.pongs, 1);
  EXPECT_EQ(server.pongs, 1);
}

TEST(Http2RoundTrip, TheServersLimitIsKept) {
  Options options;
  options.max_concurrent_streams = 3;
  Server server(options);
  server.answers = false;
  Client client;
  Exchange(client, server);
  EXPECT_EQ(client.connection->max_streams(), 3u);
  EXPECT_GE(client.capacity_changes, 1);
  for (int i = 0; i < 3; ++i) client.Request("GET", "/");
  EXPECT_FALSE(client.connection->can_take_stream());
  Exchange(client, server);
  server.requests[0]->Reply(200, "");
  Exchange(client, server);
  EXPECT_TRUE(client.connection->can_take_stream());
}

TEST(Http2RoundTrip, ALostConnectionEndsEveryStream) {
  Client client;
  Server server;
  server.answers = false;
  for (int i = 0; i < 5; ++i) client.Request("GET", "/");
  Exchange(client, server);
  const http::StreamError loss = {http::ErrorKind::kPeerReset, http::Side::kUpstream, false,
                                  "gone"};
  client.connection->OnConnectionLost(loss);
  server.connection->OnConnectionLost(loss);
  for (const auto& response : client.responses) {
    EXPECT_EQ(response->error, "gone");
    EXPECT_TRUE(response->done);
  }
  for (const auto& request : server.requests) EXPECT_TRUE(request->done);
}

TEST(Http2RoundTrip, WhatIsSentArrivesHoweverItIsSplit) {
  EXPECT_TRUE(rc::check("bodies of any size in pieces of any size", [] {
    Options options;
    options.send_buffer_bytes = *rc::gen::inRange<uint32_t>(1, 100'000);
    Client client(options);
    Server server(options);
    server.answers = false;
    const auto piece = *rc::gen::inRange<size_t>(1, 20'000);
    const auto sizes =
        *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(0, 200'000));
    for (const uint32_t size : sizes) {
      if (client.responses.size() == 20) break;
      SeenResponse& response = client.Request("POST", "/", false);
      response.SendBody(std::string(size, 'u'), true);
    }
    Exchange(client, server, piece);
    for (const auto& request : server.requests) {
      RC_ASSERT(request->ended);
      request->Reply(200, request->body);
    }
    Exchange(client, server, piece);
    for (size_t i = 0; i < client.responses.size(); ++i) {
      RC_ASSERT(client.responses[i]->done);
      RC_ASSERT(client.responses[i]->error == "");
      RC_ASSERT(client.responses[i]->body.size() == sizes[i]);
    }
  }));
}

}  // namespace
}  // namespace weir::http2
