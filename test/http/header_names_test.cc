#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <string_view>

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
    // In any case, with anything behind; and not with one bit wrong.
    const std::string behind = name + "\xff\x20:\r\n...";
    std::string_view found = std::string_view(behind).substr(0, name.size());
    EXPECT_EQ(FindHeaderIdIgnoringCase(found), id);
    EXPECT_EQ(found.data(), HeaderName(id).data());
    for (size_t at = 0; at < name.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string variant = behind;
        variant[at] = static_cast<char>(variant[at] ^ (1 << bit));
        const bool is_same = bit == 5 && std::isalpha(static_cast<unsigned char>(name[at]));
        std::string_view name_of_variant = std::string_view(variant).substr(0, name.size());
        EXPECT_EQ(FindHeaderIdIgnoringCase(name_of_variant) == id, is_same) << variant;
      }
    }
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
