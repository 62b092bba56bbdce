#include "source/tls/certificate_info.h"

#include <ctime>

#include "gtest/gtest.h"
#include "test/tls/test_certificates.h"

namespace weir::tls {
namespace {

using Names = std::vector<std::string>;

TEST(CertificateInfoTest, DescribesACertificate) {
  const auto ca = MakeAuthority("Test CA");
  const auto certificate = Issue({.common_name = "a.test",
                                  .dns = {"a.test", "*.b.test"},
                                  .uri = {"spiffe://test/a"},
                                  .email = {"a@test"},
                                  .ip = {"10.0.0.1", "2001:db8::1"},
                                  .serial = 0xabc},
                                 &ca);
  const net::CertificateInfo info = DescribeCertificate(certificate.x509.get());
  EXPECT_EQ(info.subject, "CN=a.test");
  EXPECT_EQ(info.issuer, "CN=Test CA");
  EXPECT_EQ(info.serial, "0abc");
  EXPECT_EQ(info.dns_sans, (Names{"a.test", "*.b.test"}));
  EXPECT_EQ(info.uri_sans, Names{"spiffe://test/a"});
  EXPECT_EQ(info.email_sans, Names{"a@test"});
  EXPECT_EQ(info.ip_sans, (Names{"10.0.0.1", "2001:db8::1"}));
  EXPECT_EQ(info.pem, certificate.pem);
  EXPECT_EQ(info.sha256, Hex(Sha256(DerOf(certificate.x509.get()))));
  EXPECT_EQ(info.sha256.size(), 64u);
  EXPECT_EQ(info.sha1.size(), 40u);
  const int64_t now_s = std::time(nullptr);
  EXPECT_NEAR(info.not_before_s, now_s - 3600, 5);
  EXPECT_NEAR(info.not_after_s, now_s + 90 * 86'400 + 60, 5);
}

TEST(CertificateInfoTest, ACertificateWithoutNames) {
  const auto ca = MakeAuthority("Test CA");
  const CertificateNames names = NamesOf(ca.x509.get());
  EXPECT_TRUE(names.dns.empty());
  EXPECT_EQ(names.common_name, "") << "a space is in no host name";
  EXPECT_EQ(NamesOf(Issue({.common_name = "a.test"}, &ca).x509.get()).common_name, "a.test");
}

TEST(CertificateInfoTest, LongBeforeAndAfterNow) {
  const int64_t century_s = int64_t{100} * 365 * 86'400;
  const auto certificate = Issue({.not_before_s = -century_s, .not_after_s = century_s}, nullptr);
  const net::CertificateInfo info = DescribeCertificate(certificate.x509.get());
  EXPECT_NEAR(info.not_before_s, std::time(nullptr) - century_s, 5);
  EXPECT_NEAR(info.not_after_s, std::time(nullptr) + century_s, 5);
}

TEST(CertificateInfoTest, ParsesAllOrNothing) {
  const auto a = MakeAuthority("A");
  const auto b = MakeAuthority("B");
  EXPECT_EQ(ParseCertificates(a.pem + "between\n" + b.pem + "after\n").size(), 2u);
  EXPECT_TRUE(ParseCertificates("").empty());
  EXPECT_TRUE(ParseCertificates("nothing").empty());
  std::string cut = b.pem;
  cut.resize(cut.size() / 2);
  EXPECT_TRUE(ParseCertificates(a.pem + cut).empty());
  EXPECT_EQ(ERR_peek_error(), 0u) << "nothing is left for the next to wonder about";
}

TEST(CertificateInfoTest, ThePublicKeyHasOneHash) {
  const auto a = Issue({.common_name = "a"}, nullptr);
  const auto b = Issue({.common_name = "b"}, nullptr);
  const auto other = Issue({.key = TestKey::kOtherP256}, nullptr);
  EXPECT_EQ(PublicKeyHash(a.x509.get()), PublicKeyHash(b.x509.get()));
  EXPECT_NE(PublicKeyHash(a.x509.get()), PublicKeyHash(other.x509.get()));
}

}  // namespace
}  // namespace weir::tls
