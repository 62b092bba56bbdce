#include "source/xds/nack_detail.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace weir::xds {
namespace {

TEST(NackDetailTest, OneLineAFault) {
  EXPECT_EQ(NackDetail({{"web", "connect_timeout: must be > 0\nlb_policy: unknown"},
                        {"api", "name: too long"}}),
            "web: connect_timeout: must be > 0\nweb: lb_policy: unknown\napi: name: too long");
}

TEST(NackDetailTest, NothingRefusedIsEmpty) { EXPECT_EQ(NackDetail({}), ""); }

TEST(NackDetailTest, SaysHowManyLinesDidNotFit) {
  std::vector<Refusal> refusals;
  for (int i = 0; i < 1000; ++i) refusals.push_back({"cluster_" + std::to_string(i), "a: b"});
  const std::string detail = NackDetail(refusals);
  EXPECT_LE(detail.size(), kMaxNackBytes);
  EXPECT_GT(detail.size(), kMaxNackBytes - 64);
  const auto lines = std::count(detail.begin(), detail.end(), '\n');
  EXPECT_EQ(detail.substr(detail.rfind('\n') + 1),
            "... and " + std::to_string(1000 - lines) + " more");
}

TEST(NackDetailTest, LongNamesAndTextsAreShortened) {
  const std::string detail = NackDetail({{std::string(64 * 1024, 'n'), std::string(9000, 't')}});
  EXPECT_LT(detail.size(), 1400u);
  EXPECT_EQ(detail.rfind("nnn", 0), 0u);
  EXPECT_NE(detail.find("...: ttt"), std::string::npos);
}

TEST(NackDetailTest, HoldsPrintableAsciiOnlyWhateverItIsGiven) {
  EXPECT_EQ(Printable("a\r\nb\x01\xc3\xa4\x7f", 100), "a\\x0d\\x0ab\\x01\\xc3\\xa4\\x7f");
  EXPECT_TRUE(rc::check("printable and bounded", [](const std::vector<std::string>& texts) {
    std::vector<Refusal> refusals;
    for (const std::string& text : texts) refusals.push_back({text, text});
    const std::string detail = NackDetail(refusals);
    RC_ASSERT(detail.size() <= kMaxNackBytes);
    for (const char c : detail) RC_ASSERT(c == '\n' || (c >= 0x20 && c < 0x7f));
  }));
}

}  // namespace
}  // namespace weir::xds
