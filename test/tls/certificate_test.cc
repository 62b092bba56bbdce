// Loading a certificate with its key, and what is wrong with those that are refused. Also
// TakeLibraryErrors(), whose words stand in the faults.
#include "source/tls/certificate.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/tls/test_certificates.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class CertificateTest : public testing::Test {
 protected:
  std::shared_ptr<const Certificate> Load(const CertificateConfig& config) {
    config::Faults faults;
    auto loaded = Certificate::Load(config, faults);
    EXPECT_EQ(loaded == nullptr, !faults.ok());
    faults_ = faults.ToString();
    return loaded;
  }
  CertificateConfig ConfigOf(const TestCertificate& certificate) {
    return {.chain = BytesSource::Inline(certificate.pem),
            .private_key = BytesSource::Inline(certificate.key_pem)};
  }
  const TestCertificate ca_ = MakeAuthority("Test CA");
  const TestCertificate a_ = Issue({.common_name = "a", .dns = {"a.test"}}, &ca_);
  std::string faults_;
};

TEST_F(CertificateTest, LoadsAChainWithItsKey) {
  CertificateConfig config = ConfigOf(a_);
  config.chain.text += ca_.pem;
  const auto certificate = Load(config);
  ASSERT_NE(certificate, nullptr) << faults_;
  EXPECT_EQ(certificate->names().dns, std::vector<std::string>{"a.test"});
  EXPECT_EQ(certificate->intermediates().size(), 1u);
  EXPECT_EQ(certificate->key_type(), KeyType::kP256);
  EXPECT_TRUE(certificate->is_ecdsa());
  EXPECT_FALSE(certificate->requires_staple());
  EXPECT_EQ(certificate->Details().size(), 2u);
  EXPECT_EQ(certificate->Details()[0].path, "<inline>");
  EXPECT_NE(certificate->fingerprint(), Load(ConfigOf(a_))->fingerprint());
  EXPECT_EQ(Load(ConfigOf(a_))->fingerprint(), Load(ConfigOf(a_))->fingerprint());
}

TEST_F(CertificateTest, KnowsTheKinds) {
  EXPECT_EQ(Load(ConfigOf(Issue({.key = TestKey::kRsa}, &ca_)))->key_type(), KeyType::kRsa);
  EXPECT_EQ(Load(ConfigOf(Issue({.key = TestKey::kP384}, &ca_)))->key_type(), KeyType::kP384);
}

// M13
TEST_F(CertificateTest, RefusesWhatDoesNotFitTogether) {
  CertificateConfig config = ConfigOf(a_);
  config.private_key = BytesSource::Inline(KeyPem(KeyFor(TestKey::kOtherP256)));
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_THAT(faults_, HasSubstr("private_key: is not the key of the certificate"));
  config = ConfigOf(a_);
  config.chain = BytesSource::Inline("no certificate");
  config.private_key = BytesSource::Inline("no key");
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_THAT(faults_, HasSubstr("certificate_chain: <inline> is not a PEM file"));
  EXPECT_THAT(faults_, HasSubstr("private_key: <inline> is not a usable PEM key"));
  EXPECT_EQ(Load({}), nullptr);
  EXPECT_THAT(faults_, HasSubstr("certificate_chain: is required"));
  config = ConfigOf(a_);
  config.private_key = BytesSource::File("/nowhere/key.pem");
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_THAT(faults_, HasSubstr("/nowhere/key.pem"));
}

// M28
TEST_F(CertificateTest, AnEncryptedKeyNeedsItsPassword) {
  CertificateConfig config = ConfigOf(a_);
  config.private_key = BytesSource::Inline(KeyPem(a_.key, "swordfish"));
  EXPECT_EQ(Load(config), nullptr) << "and nobody is asked at the terminal";
  config.password = BytesSource::Inline("herring");
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_EQ(faults_.find("herring"), std::string::npos);
  config.password = BytesSource::Inline("swordfish");
  EXPECT_NE(Load(config), nullptr) << faults_;
  const std::string path = testing::TempDir() + "/password";
  std::ofstream(path) << "swordfish\n";
  config.password = BytesSource::File(path);
  EXPECT_NE(Load(config), nullptr) << "a line's end belongs to the file: " << faults_;
}

TEST_F(CertificateTest, AStapleMustBeItsOwn) {
  const auto b = Issue({.common_name = "b"}, &ca_);
  CertificateConfig config = ConfigOf(a_);
  config.ocsp_staple = BytesSource::Inline(MakeOcspResponse(a_));
  ASSERT_NE(Load(config), nullptr) << faults_;
  EXPECT_TRUE(Load(config)->Details()[0].has_ocsp);
  config.ocsp_staple = BytesSource::Inline(MakeOcspResponse(b));
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_THAT(faults_, HasSubstr("another certificate"));
}

TEST_F(CertificateTest, OneThatSaysItMustBeStapledMustBe) {
  const auto must = Issue({.must_staple = true}, &ca_);
  CertificateConfig config = ConfigOf(must);
  EXPECT_EQ(Load(config), nullptr);
  EXPECT_THAT(faults_, HasSubstr("ocsp_staple"));
  config.ocsp_staple = BytesSource::Inline(MakeOcspResponse(must));
  ASSERT_NE(Load(config), nullptr) << faults_;
  EXPECT_TRUE(Load(config)->requires_staple());
}

TEST_F(CertificateTest, LibraryErrorsAreTakenOnce) {
  ERR_clear_error();
  const BioPtr bio(BIO_new_mem_buf("x", 1));
  EXPECT_EQ(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), nullptr);
  EXPECT_EQ(TakeLibraryErrors(), "NO_START_LINE") << "in both libraries";
  EXPECT_EQ(TakeLibraryErrors(), "");
}

}  // namespace
}  // namespace weir::tls
