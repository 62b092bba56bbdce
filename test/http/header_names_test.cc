#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "source/http/header_map.h"

namespace weir::http {
namespace {

TEST(HeaderNamesTest, EveryNameIsFoundAndLowerCase) {
  std::set<std::string> seen;
  for (int i = 1; i < static_cast<int>(HeaderId::kCount); ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(HeaderName(id));
    EXPECT_GE(name.size(), 2u);
    EXPECT_EQ(FindHeaderId(name), id) << name;
    EXPECT_TRUE(seen.insert(name).second) << name;
    for (char c : name) EXPECT_FALSE(std::isupper(static_cast<unsigned char>(c))) << name;
  }
}

TEST(HeaderNamesTest, SpotChecksKeepTableAndEnumInStep) {
  EXPECT_EQ(HeaderName(HeaderId::kHost), "host");
  EXPECT_EQ(HeaderName(HeaderId::kTe), "te");
  EXPECT_EQ(HeaderName(HeaderId::kXForwardedPort), "x-forwarded-port");
  EXPECT_EQ(HeaderName(HeaderId::kXRequestId), "x-request-id");
  EXPECT_EQ(FindHeaderId("transfer-encoding"), HeaderId::kTransferEncoding);
}

TEST(HeaderNamesTest, OtherNamesAreOther) {
  for (const char* name : {"", "x", "hosts", "hosu", "Host", "x-transfer-encoding",
                           "transfer-encoding2", "content-lengtg", "\xff\xff"}) {
    EXPECT_EQ(FindHeaderId(name), HeaderId::kOther) << name;
  }
}

}  // namespace
}  // namespace weir::http
