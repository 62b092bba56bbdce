#include "source/http/hop_by_hop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::http {
namespace {

struct Judged {
  bool accepted;
  HopOptions options;
  std::vector<std::string> nominated;
};

Judged Judge(std::string value, Nomination nomination = Nomination::kRequest) {
  Judged judged{};
  judged.accepted = AddConnectionOptions(value.data(), value.size(), nomination, judged.options);
  for (uint32_t i = 0; i < judged.options.nominated_count; ++i) {
    judged.nominated.emplace_back(judged.options.nominated[i]);
  }
  return judged;
}

TEST(HopByHopTest, KnownOptions) {
  const Judged judged = Judge("Close , Keep-Alive,UPGRADE,, te, HTTP2-Settings");
  EXPECT_TRUE(judged.accepted);
  EXPECT_TRUE(judged.options.close);
  EXPECT_TRUE(judged.options.keep_alive);
  EXPECT_TRUE(judged.options.upgrade);
  EXPECT_TRUE(judged.nominated.empty());
}

TEST(HopByHopTest, NominatesOtherFields) {
  const Judged judged = Judge("close, X-Secret");
  EXPECT_TRUE(judged.accepted);
  EXPECT_EQ(judged.nominated, (std::vector<std::string>{"x-secret"}));
  EXPECT_FALSE(Judge("x y").accepted);
  std::string many = "a0";
  for (int i = 1; i < 16; ++i) many += ",a" + std::to_string(i);
  EXPECT_TRUE(Judge(many).accepted);
  EXPECT_FALSE(Judge(many + ",b").accepted);
}

TEST(HopByHopTest, RequestsMayNotNominateProtectedFields) {
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "Authorization", "Cookie",
                           "X-Forwarded-For", "X-Forwarded-Foo", "X-Request-Id", "X-Envoy-Internal",
                           ":path", "Forwarded", "X-Real-Ip", "Via"}) {
    EXPECT_FALSE(Judge(name).accepted) << name;
    EXPECT_FALSE(Judge(std::string("close, ") + name).accepted) << name;
  }
}

TEST(HopByHopTest, ResponsesKeepProtectedFields) {
  for (const char* name : {"Set-Cookie", "Strict-Transport-Security", "Content-Length", "Location",
                           "Content-Security-Policy", "Access-Control-Allow-Origin", "bad name"}) {
    const Judged judged = Judge(name, Nomination::kResponse);
    EXPECT_TRUE(judged.accepted) << name;
    EXPECT_TRUE(judged.nominated.empty()) << name;
  }
  EXPECT_EQ(Judge("X-Hop", Nomination::kResponse).nominated, (std::vector<std::string>{"x-hop"}));
}

TEST(HopByHopTest, RemovesWhatWasNominated) {
  base::Arena arena;
  HeaderMap headers(arena);
  headers.Add("x-a", "1");
  headers.Add("x-b", "2");
  headers.Add("x-a", "3");
  HopOptions options;
  std::string value = "X-A, x-none";
  ASSERT_TRUE(AddConnectionOptions(value.data(), value.size(), Nomination::kRequest, options));
  RemoveNominated(options, headers);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_EQ(headers.Value("x-b"), "2");
}

TEST(HopByHopTest, UnderscoreAliases) {
  for (const char* name :
       {"content_length", "transfer_encoding", "transfer-encoding", "x_forwarded_for",
        "x_envoy_internal", "x_envoy-some_other_thing_that_is_very_long_and_then_some_more_text",
        "x-request_id", "proxy_connection", "keep_alive", "x_real_ip"}) {
    EXPECT_TRUE(IsUnderscoreAlias(name)) << name;
  }
  for (const char* name : {"x_a", "my_host", "content_length_2", "host_"}) {
    EXPECT_FALSE(IsUnderscoreAlias(name)) << name;
  }
}

TEST(HopByHopTest, Trailers) {
  for (const char* name : {"content-length", "transfer-encoding", "host", "authorization",
                           "content-type", "cookie", "connection", "te", "trailer", "set-cookie",
                           "x-forwarded-for", "content-range", "if-match", "upgrade"}) {
    EXPECT_TRUE(IsForbiddenTrailer(name)) << name;
  }
  for (const char* name : {"grpc-status", "grpc-message", "x-checksum", "etag", "server-timing"}) {
    EXPECT_FALSE(IsForbiddenTrailer(name)) << name;
  }
}

TEST(HopByHopTest, TeTrailers) {
  EXPECT_TRUE(AcceptsTrailers("trailers"));
  EXPECT_TRUE(AcceptsTrailers("gzip;q=0.5, Trailers"));
  EXPECT_FALSE(AcceptsTrailers("gzip"));
  EXPECT_FALSE(AcceptsTrailers("xtrailers"));
  EXPECT_FALSE(AcceptsTrailers(""));
}

}  // namespace
}  // namespace weir::http
