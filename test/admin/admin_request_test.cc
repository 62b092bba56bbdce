#include "source/admin/admin_request.h"

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

TEST(AdminRequestTest, TakesTheQueryApart) {
  const AdminRequest request =
      ParseAdminRequest(http::Method::kGet, "/stats?usedonly&filter=a%2Bb%26c&format=json");
  EXPECT_EQ(request.path, "/stats");
  EXPECT_TRUE(request.Has("usedonly"));
  EXPECT_EQ(request.Get("filter"), "a+b&c");
  EXPECT_EQ(request.Get("format"), "json");
  EXPECT_FALSE(request.Has("missing"));
}

TEST(AdminRequestTest, BrokenEscapesStayAsTheyAre) {
  EXPECT_EQ(ParseAdminRequest(http::Method::kGet, "/x?a=%2&b=%zz").Get("a"), "%2");
  EXPECT_EQ(ParseAdminRequest(http::Method::kGet, "/x?a=%2&b=%zz").Get("b"), "%zz");
}

class LooksForgedTest : public testing::Test {
 protected:
  bool Forged(std::string_view authority, std::string_view origin = {}) {
    http::RequestHead head(arena_);
    head.authority = authority;
    if (!origin.empty()) head.headers.Add(http::HeaderId::kOrigin, origin);
    return LooksForged(head);
  }
  base::Arena arena_;
};

TEST_F(LooksForgedTest, AddressesAndLocalhostAreOurs) {
  EXPECT_FALSE(Forged("localhost:9901"));
  EXPECT_FALSE(Forged("127.0.0.1:9901"));
  EXPECT_FALSE(Forged("[::1]:9901"));
  EXPECT_FALSE(Forged(""));
}

TEST_F(LooksForgedTest, NamesMayBeRebound) {
  EXPECT_TRUE(Forged("evil.example"));
  EXPECT_TRUE(Forged("evil.example:9901"));
  EXPECT_TRUE(Forged("localhost.evil.example"));
}

TEST_F(LooksForgedTest, OtherOriginsAreRefused) {
  EXPECT_TRUE(Forged("127.0.0.1:9901", "http://evil.example"));
  EXPECT_TRUE(Forged("127.0.0.1:9901", "null"));
  EXPECT_FALSE(Forged("127.0.0.1:9901", "http://127.0.0.1:9901"));
}

TEST(EscapeHtmlTest, NothingOfTheTextIsMarkup) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\">'&'</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

}  // namespace
}  // namespace weir::admin
