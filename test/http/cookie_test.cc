#include "source/http/cookie.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace weir::http {
namespace {

std::string Find(std::initializer_list<std::string_view> fields, std::string_view name) {
  base::Arena arena;
  HeaderMap headers(arena);
  headers.Add("x-cookie", "a=other");
  for (const std::string_view field : fields) headers.Add(HeaderId::kCookie, field);
  return std::string(FindCookie(headers, name));
}

TEST(CookieTest, IsFoundByItsName) {
  EXPECT_EQ(Find({"a=1; bb=2; b=3"}, "a"), "1");
  EXPECT_EQ(Find({"a=1; bb=2; b=3"}, "b"), "3");
  EXPECT_EQ(Find({"a=1;b=2"}, "b"), "2");
  EXPECT_EQ(Find({"a=1", "b=2"}, "b"), "2") << "HTTP/2 splits the field";
  EXPECT_EQ(Find({"a=1; a=2"}, "a"), "1") << "the first counts";
  EXPECT_EQ(Find({"a=x=y"}, "a"), "x=y");
  EXPECT_EQ(Find({"a=1"}, "A"), "");
  EXPECT_EQ(Find({}, "a"), "");
}

TEST(CookieTest, QuotesAroundAValueDoNotCount) {
  EXPECT_EQ(Find({"a=\"1\"; b=2"}, "a"), "1");
  EXPECT_EQ(Find({"a=\""}, "a"), "\"");
  EXPECT_EQ(Find({"a=\"\""}, "a"), "");
}

TEST(CookieTest, WhatIsNoPairIsPassedOver) {
  EXPECT_EQ(Find({";;  ; a ;=1; a=2 ;"}, "a"), "2");
  EXPECT_EQ(Find({"a"}, "a"), "");
  EXPECT_EQ(Find({"=", "", ";"}, "a"), "");
}

std::string Written(const CookieTemplate& cookie) {
  base::Arena arena;
  return std::string(cookie.Write("v", arena));
}

TEST(CookieTest, IsWrittenWithItsAttributes) {
  EXPECT_EQ(Written({"id", 60, "/shop", {{"SameSite", "Lax"}, {"Secure", ""}}}),
            "id=\"v\"; Max-Age=60; Path=/shop; SameSite=Lax; Secure; HttpOnly");
  EXPECT_EQ(Written({"id", 0, "", {}}), "id=\"v\"; HttpOnly");
}

TEST(CookieTest, NothingThatIsConfiguredBreaksOutOfTheField) {
  EXPECT_TRUE(IsCookieName("JSESSIONID"));
  EXPECT_FALSE(IsCookieName("a b"));
  EXPECT_FALSE(IsCookieName("a=b"));
  EXPECT_FALSE(IsCookieName(""));
  EXPECT_TRUE(IsCookieAttribute("/a b"));
  EXPECT_FALSE(IsCookieAttribute("/; Domain=com"));
  EXPECT_FALSE(IsCookieAttribute("/\r\nX: y"));
}

}  // namespace
}  // namespace weir::http
