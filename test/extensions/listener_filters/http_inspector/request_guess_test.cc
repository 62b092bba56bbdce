#include "source/extensions/listener_filters/http_inspector/request_guess.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace weir::extensions::http_inspector {
namespace {

TEST(RequestGuessTest, TellsVersions) {
  EXPECT_EQ(GuessRequest("GET / HTTP/1.1\r\n"), Guess::kHttp11);
  EXPECT_EQ(GuessRequest("GET / HTTP/1.0\n"), Guess::kHttp10);
  EXPECT_EQ(GuessRequest("\r\n\r\nM-SEARCH * HTTP/1.1\r\nhost: a"), Guess::kHttp11);
  EXPECT_EQ(GuessRequest("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrest"), Guess::kHttp2);
}

TEST(RequestGuessTest, WaitsWhileItMayBeOne) {
  for (const char* const begin : {"", "P", "PRI * HTTP/2.0\r\n", "PRO", "GET", "GET /", "\r\n"}) {
    EXPECT_EQ(GuessRequest(begin), Guess::kNeedMore) << begin;
  }
}

TEST(RequestGuessTest, TellsOtherProtocolsEarly) {
  for (const char* const other : {"\x16\x03", "{", "GET\t", "GET\r\n", " GET", "GET /\r\n",
                                  "GET / HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nXX", "EHLO a\r\n"}) {
    EXPECT_EQ(GuessRequest(other), Guess::kNotHttp) << other;
  }
  EXPECT_EQ(GuessRequest(std::string(33, 'A')), Guess::kNotHttp);
  EXPECT_EQ(GuessRequest("GET /" + std::string(kMaxRequestLineBytes, 'a')), Guess::kNotHttp);
}

// More bytes never change what was told.
TEST(RequestGuessTest, SplitsDoNotMatter) {
  EXPECT_TRUE(rc::check("whatever the bytes", [] {
    const std::string begin =
        *rc::gen::element<std::string>("GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                       "POST /a HTTP/1.0\n", "\r\nA / HTTP/1.1\n");
    std::string bytes = begin + "host: a\r\n\r\n";
    const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
    bytes[at] = *rc::gen::arbitrary<char>();
    const Guess whole = GuessRequest(bytes);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Guess partial = GuessRequest(std::string_view(bytes).substr(0, size));
      RC_ASSERT(partial == Guess::kNeedMore || partial == whole);
    }
  }));
}

}  // namespace
}  // namespace weir::extensions::http_inspector
