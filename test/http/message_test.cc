#include "source/http/message.h"

#include <gtest/gtest.h>

namespace weir::http {
namespace {

TEST(MessageTest, ReasonPhrases) {
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(ReasonPhrase(599), "Unknown");
  EXPECT_EQ(ReasonPhrase(600), "Unknown");
  EXPECT_EQ(ReasonPhrase(-1), "Unknown");
}

TEST(MessageTest, MethodsAreCaseSensitive) {
  EXPECT_EQ(ParseMethod("GET"), Method::kGet);
  EXPECT_EQ(ParseMethod("HEAD"), Method::kHead);
  EXPECT_EQ(ParseMethod("POST"), Method::kPost);
  EXPECT_EQ(ParseMethod("PUT"), Method::kPut);
  EXPECT_EQ(ParseMethod("DELETE"), Method::kDelete);
  EXPECT_EQ(ParseMethod("CONNECT"), Method::kConnect);
  EXPECT_EQ(ParseMethod("OPTIONS"), Method::kOptions);
  EXPECT_EQ(ParseMethod("TRACE"), Method::kTrace);
  EXPECT_EQ(ParseMethod("PATCH"), Method::kPatch);
  for (const char* other : {"get", "GETS", "", "PROPFIND", "OPTIONZ", "XXXX", "PATCZ", "PUX"}) {
    EXPECT_EQ(ParseMethod(other), Method::kOther) << other;
  }
}

TEST(MessageTest, SafeAndIdempotent) {
  EXPECT_TRUE(IsSafe(Method::kGet));
  EXPECT_TRUE(IsSafe(Method::kHead));
  EXPECT_FALSE(IsSafe(Method::kPut));
  EXPECT_TRUE(IsIdempotent(Method::kPut));
  EXPECT_TRUE(IsIdempotent(Method::kGet));
  EXPECT_FALSE(IsIdempotent(Method::kPost));
  EXPECT_FALSE(IsIdempotent(Method::kPatch));
  EXPECT_FALSE(IsIdempotent(Method::kConnect));
  EXPECT_FALSE(IsIdempotent(Method::kOther));
}

TEST(MessageTest, VersionNames) {
  EXPECT_EQ(VersionName(Version::kHttp10), "HTTP/1.0");
  EXPECT_EQ(VersionName(Version::kHttp11), "HTTP/1.1");
  EXPECT_EQ(VersionName(Version::kHttp2), "HTTP/2");
}

}  // namespace
}  // namespace weir::http
