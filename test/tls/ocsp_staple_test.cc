#include "source/tls/ocsp_staple.h"

#include <ctime>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/tls/certificate_info.h"
#include "test/tls/test_certificates.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class OcspStapleTest : public testing::Test {
 protected:
  absl::StatusOr<OcspStaple> Parse(std::string der) {
    return ParseOcspStaple(std::move(der), SerialOf(certificate_.x509.get()));
  }
  std::string FaultOf(std::string der) { return Parse(std::move(der)).status().ToString(); }

  const TestCertificate ca_ = MakeAuthority("Test CA");
  const TestCertificate certificate_ = Issue({.common_name = "a"}, &ca_);
};

TEST_F(OcspStapleTest, TellsHowLongItHolds) {
  const std::string der = MakeOcspResponse(certificate_);
  const auto staple = Parse(der);
  ASSERT_TRUE(staple.ok()) << staple.status();
  EXPECT_EQ(staple->der, der);
  const int64_t now_s = std::time(nullptr);
  EXPECT_NEAR(staple->this_update_s, now_s - 3600, 5);
  EXPECT_NEAR(staple->next_update_s, now_s + 3600, 5);
  EXPECT_TRUE(staple->IsCurrent(now_s));
  EXPECT_FALSE(staple->IsCurrent(now_s + 4000));
  EXPECT_FALSE(staple->IsCurrent(now_s - 4000));
}

TEST_F(OcspStapleTest, MayHaveNoEnd) {
  const auto staple = Parse(MakeOcspResponse(certificate_, {.next_update_s = 0}));
  ASSERT_TRUE(staple.ok());
  EXPECT_TRUE(staple->IsCurrent(std::time(nullptr) + 1'000'000'000));
}

TEST_F(OcspStapleTest, OnlyOneGoodAnswerWillDo) {
  EXPECT_THAT(FaultOf(MakeOcspResponse(certificate_, {.is_good = false})), HasSubstr("good"));
  EXPECT_THAT(FaultOf(MakeOcspResponse(certificate_, {.is_successful = false})),
              HasSubstr("successful"));
  EXPECT_THAT(FaultOf(MakeOcspResponse(certificate_, {.answers = 2})), HasSubstr("many"));
  EXPECT_THAT(FaultOf(MakeOcspResponse(Issue({}, &ca_))), HasSubstr("another certificate"));
}

TEST_F(OcspStapleTest, ASerialNumberWithItsTopBitSet) {
  const auto certificate = Issue({.serial = 0xff01}, &ca_);
  EXPECT_TRUE(
      ParseOcspStaple(MakeOcspResponse(certificate), SerialOf(certificate.x509.get())).ok());
}

TEST_F(OcspStapleTest, EveryCutIsBroken) {
  const std::string der = MakeOcspResponse(certificate_);
  for (size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(Parse(der.substr(0, size)).ok());
  EXPECT_FALSE(Parse(der + "x").ok());
}

TEST_F(OcspStapleTest, SpoiltBytesDoNoHarm) {
  const std::string der = MakeOcspResponse(certificate_);
  for (size_t i = 0; i < der.size(); ++i) {
    for (const int value : {0x00, 0x7f, 0x80, 0x81, 0x84, 0xff}) {
      std::string bad = der;
      bad[i] = static_cast<char>(value);
      const auto staple = Parse(bad);
      EXPECT_TRUE(!staple.ok() || staple->der == bad);
    }
  }
}

}  // namespace
}  // namespace weir::tls
