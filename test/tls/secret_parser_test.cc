#include "source/tls/secret_parser.h"

#include "absl/strings/str_cat.h"
#include "envoy/extensions/transport_sockets/tls/v3/common.pb.h"
#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/config/load.h"

namespace weir::tls {
namespace {

using testing::HasSubstr;

class SecretParserTest : public testing::Test {
 protected:
  template <class Proto>
  Proto FromYaml(std::string_view yaml) {
    Proto message;
    config::Faults faults;
    EXPECT_TRUE(config::LoadText(yaml, message, faults)) << faults.ToString();
    return message;
  }
  ValidationConfig Validation(std::string_view yaml) {
    return ParseValidation(FromYaml<proto::CertificateValidationContext>(yaml), faults_);
  }
  TlsParameters Parameters(std::string_view yaml) {
    return ParseParameters(FromYaml<proto::TlsParameters>(yaml), faults_);
  }
  config::Faults faults_;
};

TEST_F(SecretParserTest, ReadsACertificate) {
  const CertificateConfig out = ParseCertificate(FromYaml<proto::TlsCertificate>(R"(
certificate_chain: {filename: /a.pem}
private_key: {inline_string: key}
password: {environment_variable: PASSWORD}
ocsp_staple: {inline_bytes: AAEC}
watched_directory: {path: /dir})"),
                                                 faults_);
  EXPECT_EQ(out.chain.kind, BytesSource::Kind::kFile);
  EXPECT_EQ(out.chain.text, "/a.pem");
  EXPECT_EQ(out.private_key.text, "key");
  EXPECT_EQ(out.password.kind, BytesSource::Kind::kEnvironment);
  EXPECT_EQ(out.ocsp_staple.text, std::string("\0\1\2", 3));
  EXPECT_EQ(out.watched_directory, "/dir");
}

TEST_F(SecretParserTest, ReadsWhomToTrust) {
  const ValidationConfig out = Validation(R"(
trusted_ca: {filename: /ca.pem}
crl: {filename: /crl.pem}
verify_certificate_hash:
- 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
- 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F
verify_certificate_spki: ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
match_typed_subject_alt_names:
- {san_type: DNS, matcher: {exact: a.test}}
- {san_type: URI, matcher: {prefix: "SPIFFE://", ignore_case: true}}
- {san_type: IP_ADDRESS, matcher: {safe_regex: {regex: "10[.].*"}}}
- {san_type: EMAIL, matcher: {suffix: "@test"}}
match_subject_alt_names: [{contains: any}]
allow_expired_certificate: true
trust_chain_verification: ACCEPT_UNTRUSTED
only_verify_leaf_cert_crl: true
max_verify_depth: 3
suppress_client_ca_list: true)");
  ASSERT_TRUE(faults_.ok()) << faults_.ToString();
  EXPECT_EQ(out.certificate_hashes[0], out.certificate_hashes[1]);
  EXPECT_EQ(out.certificate_hashes[0], out.key_hashes[0]);
  EXPECT_EQ(out.key_hashes[0].size(), 32u);
  ASSERT_EQ(out.names.size(), 5u);
  EXPECT_EQ(out.names[0].type, NameMatcher::Type::kDns);
  EXPECT_EQ(out.names[1].text, "spiffe://");
  EXPECT_EQ(out.names[1].type, NameMatcher::Type::kUri);
  EXPECT_TRUE(out.names[2].regex->FullMatch("10.1"));
  EXPECT_EQ(out.names[3].kind, NameMatcher::Kind::kSuffix);
  EXPECT_EQ(out.names[4].type, NameMatcher::Type::kAny);
  EXPECT_TRUE(out.allows_expired && out.accepts_untrusted && out.checks_leaf_crl_only);
  EXPECT_TRUE(out.hides_ca_list);
  EXPECT_EQ(out.max_depth, 3u);
  EXPECT_FALSE(out.trusts_system_roots);
}

TEST_F(SecretParserTest, FaultsSayWhere) {
  Validation(R"(
verify_certificate_hash: ["zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"]
verify_certificate_spki: ["!!ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
match_typed_subject_alt_names: [{san_type: DNS, matcher: {safe_regex: {regex: "("}}}])");
  const std::string text = faults_.ToString();
  EXPECT_THAT(text, HasSubstr("verify_certificate_hash[0]: "));
  EXPECT_THAT(text, HasSubstr("verify_certificate_spki[0]: "));
  EXPECT_THAT(text, HasSubstr("match_typed_subject_alt_names[0].matcher.safe_regex.regex: "));
}

TEST_F(SecretParserTest, VersionsAreFrom12) {
  EXPECT_TRUE(Parameters("{}").allows_tls12);
  EXPECT_TRUE(Parameters("{}").allows_tls13);
  EXPECT_FALSE(Parameters("tls_minimum_protocol_version: TLSv1_3").allows_tls12);
  EXPECT_FALSE(Parameters("tls_maximum_protocol_version: TLSv1_2").allows_tls13);
  ASSERT_TRUE(faults_.ok());
  Parameters("tls_minimum_protocol_version: TLSv1_0");
  EXPECT_THAT(faults_.ToString(), HasSubstr("tls_minimum_protocol_version: TLS 1.0"));
  Parameters("{tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_2}");
  EXPECT_THAT(faults_.ToString(), HasSubstr("tls_maximum_protocol_version: is below"));
}

TEST_F(SecretParserTest, ListsAreTheLibrarys) {
  const TlsParameters out = Parameters(R"(
cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]
ecdh_curves: [X25519, P-384]
signature_algorithms: [ecdsa_secp256r1_sha256])");
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  EXPECT_EQ(out.curves.size(), 2u);
  EXPECT_EQ(Parameters("cipher_suites: [-ALL, ECDHE-RSA-AES128-GCM-SHA256]").cipher_suites.size(),
            2u);
  EXPECT_TRUE(faults_.ok()) << faults_.ToString();
  Parameters("cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, NULL-MD4]");
  EXPECT_THAT(faults_.ToString(), HasSubstr("cipher_suites[1]: "));
  EXPECT_THAT(faults_.ToString(), HasSubstr("NULL-MD4"));
}

// M16
TEST_F(SecretParserTest, SuitesThatProtectNobodyAreRefused) {
  for (const char* suite : {"NULL-SHA", "DES-CBC3-SHA", "RC4-SHA", "EXP-RC4-MD5", "ALL:NULL-SHA"}) {
    config::Faults faults("test");
    ParseParameters(FromYaml<proto::TlsParameters>(absl::StrCat("cipher_suites: ['", suite, "']")),
                    faults);
    EXPECT_THAT(faults.ToString(), HasSubstr("cipher_suites")) << suite;
  }
  Parameters("cipher_suites: [AES128-SHA, ECDHE-RSA-AES128-SHA]");
  EXPECT_TRUE(faults_.ok()) << "old, but somebody may have to: " << faults_.ToString();
}

TEST_F(SecretParserTest, ReadsASecretOfEachKind) {
  const auto parse = [&](std::string_view yaml) {
    return ParseSecret(FromYaml<proto::Secret>(yaml), faults_).secret.index();
  };
  EXPECT_EQ(parse("{name: a, tls_certificate: {private_key: {inline_string: k}}}"), 1u);
  EXPECT_EQ(parse("{name: a, validation_context: {}}"), 2u);
  EXPECT_EQ(parse("{name: a, session_ticket_keys: {keys: [{inline_string: k}]}}"), 3u);
  EXPECT_TRUE(faults_.ok());
  EXPECT_EQ(parse("{name: a}"), 0u);
  EXPECT_FALSE(faults_.ok());
}

}  // namespace
}  // namespace weir::tls
