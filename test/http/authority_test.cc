#include "source/http/authority.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::http {
namespace {

// The canonical text, "!" when invalid.
std::string Canonical(std::string text) {
  const Authority authority = CanonicalizeAuthority(text.data(), text.size());
  return authority ? std::string(authority.text) : "!";
}

TEST(AuthorityTest, Valid) {
  EXPECT_EQ(Canonical("a"), "a");
  EXPECT_EQ(Canonical("Example.COM"), "example.com");
  EXPECT_EQ(Canonical("A.Com."), "a.com");
  EXPECT_EQ(Canonical("A.Com.:8080"), "a.com:8080");
  EXPECT_EQ(Canonical("10.0.0.1:80"), "10.0.0.1:80");
  EXPECT_EQ(Canonical("a:"), "a");
  EXPECT_EQ(Canonical("a.:"), "a");
  EXPECT_EQ(Canonical("a:65535"), "a:65535");
  EXPECT_EQ(Canonical("[::1]"), "[::1]");
  EXPECT_EQ(Canonical("[2001:DB8::A]:443"), "[2001:db8::a]:443");
  EXPECT_EQ(Canonical("a_b-c~d"), "a_b-c~d");
}

TEST(AuthorityTest, Invalid) {
  for (const char* text : {"",          ".",       "..",      "a..",          ":",
                           ":80",       "a, b",    "a,b",     "a b",          "a\tb",
                           "user@a",    "a/b",     "a?x",     "a#x",          "a\\b",
                           "a:99999",   "a:65536", "a:80:80", "a:x",          "a:000080",
                           "a:-1",      "a.:1.2",  "[::1",    "::1",          "[::1]x",
                           "[::1]:x",   "[]",      "[::g]",   "[::1%25eth0]", "[v1.a]",
                           "[1.2.3.4]", "a%41",    "a\x80",   "[::1].",       "<a>",
                           "a|b",       "a^b",     "a\"b"}) {
    EXPECT_EQ(Canonical(text), "!") << text;
  }
  EXPECT_EQ(Canonical(std::string("a\0b", 3)), "!");
  EXPECT_EQ(Canonical(std::string("[::1\0]", 6)), "!");
  EXPECT_EQ(Canonical("[" + std::string(1000, '1') + "]"), "!");
}

TEST(AuthorityTest, TellsHostAndPort) {
  std::string text = "A.b.:80";
  const Authority authority = CanonicalizeAuthority(text.data(), text.size());
  EXPECT_EQ(authority.host, "a.b");
  EXPECT_TRUE(authority.has_port);
  std::string plain = "a.b";
  EXPECT_FALSE(CanonicalizeAuthority(plain.data(), plain.size()).has_port);
}

TEST(AuthorityTest, CanonicalFormIsStable) {
  for (const char* text : {"A.Com.:80", "a:", "[::A]:1", "x."}) {
    const std::string once = Canonical(text);
    EXPECT_EQ(Canonical(once), once);
  }
}

}  // namespace
}  // namespace weir::http
