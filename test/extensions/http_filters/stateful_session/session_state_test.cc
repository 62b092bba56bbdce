#include "source/extensions/http_filters/stateful_session/session_state.h"

#include <gtest/gtest.h>

#include "source/extensions/http_filters/stateful_session/session_token.h"
#include "test/routing/route_text.h"

namespace weir::extensions::stateful_session {
namespace {

constexpr int64_t kNow = 1'800'000'000;

SessionState InCookie(int64_t ttl_s) {
  SessionState state;
  state.cookie = std::make_shared<const http::CookieTemplate>(
      "sid", ttl_s, "/", std::vector<http::CookieTemplate::Attribute>());
  state.ttl_s = ttl_s;
  return state;
}

SessionState InHeader() {
  SessionState state;
  state.header = "x-session";
  return state;
}

std::string Written(const SessionState& state, std::string_view field) {
  base::Arena arena;
  http::HeaderMap response(arena);
  const balancing::Host host(*net::Address::ParseIp("10.0.0.1", 80), "", nullptr);
  WriteHost(state, host, kNow, response);
  return std::string(response.Value(field));
}

TEST(SessionStateTest, PathsHaveSessionsUnderTheCookiesPath) {
  SessionState state;
  for (const char* path : {"", "/"}) {
    state.path = path;
    EXPECT_TRUE(HasSession(state, "/any"));
  }
  state.path = "/shop";
  EXPECT_TRUE(HasSession(state, "/shop"));
  EXPECT_TRUE(HasSession(state, "/shop/cart"));
  EXPECT_TRUE(HasSession(state, "/shop?a"));
  EXPECT_FALSE(HasSession(state, "/shopping"));
  EXPECT_FALSE(HasSession(state, "/"));
  state.path = "/shop/";
  EXPECT_TRUE(HasSession(state, "/shop/cart"));
  EXPECT_FALSE(HasSession(state, "/shop"));
}

TEST(SessionStateTest, ACookieIsReadAndWritten) {
  const SessionState state = InCookie(60);
  EXPECT_EQ(Written(state, "set-cookie"), "sid=\"" + WriteTimedToken("10.0.0.1:80", kNow + 60) +
                                              "\"; Max-Age=60; Path=/; HttpOnly");
  EXPECT_EQ(Written(InCookie(0), "set-cookie"),
            "sid=\"" + WriteTimedToken("10.0.0.1:80", 0) + "\"; Path=/; HttpOnly");
  const std::string sent = "a=b; sid=\"" + WriteTimedToken("10.0.0.1:80", kNow + 60) + "\"";
  const test::Request request("GET", "h", "/", {{"cookie", sent}});
  const auto address = ReadHost(state, request.head, kNow);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->ToString(), "10.0.0.1:80");
  EXPECT_FALSE(ReadHost(state, request.head, kNow + 61).has_value());
}

TEST(SessionStateTest, AHeaderIsReadAndWritten) {
  const SessionState state = InHeader();
  EXPECT_EQ(Written(state, "x-session"), WriteToken("10.0.0.1:80"));
  const test::Request request("GET", "h", "/", {{"x-session", WriteToken("10.0.0.1:80")}});
  EXPECT_TRUE(ReadHost(state, request.head, kNow).has_value());
  EXPECT_FALSE(ReadHost(state, test::Request("GET", "h", "/").head, kNow).has_value());
}

}  // namespace
}  // namespace weir::extensions::stateful_session
