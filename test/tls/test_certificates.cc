#include "test/tls/test_certificates.h"

#include <arpa/inet.h>

#include <ctime>

#include "source/base/check.h"
#include "source/tls/certificate_info.h"

namespace weir::tls {
namespace {

std::string TakeText(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

EVP_PKEY* NewEcKey(int curve) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr);
  EVP_PKEY* key = nullptr;
  WEIR_CHECK(EVP_PKEY_keygen_init(context) == 1);
  WEIR_CHECK(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve) == 1);
  WEIR_CHECK(EVP_PKEY_keygen(context, &key) == 1);
  EVP_PKEY_CTX_free(context);
  return key;
}

EVP_PKEY* NewRsaKey() {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr);
  EVP_PKEY* key = nullptr;
  WEIR_CHECK(EVP_PKEY_keygen_init(context) == 1);
  WEIR_CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) == 1);
  WEIR_CHECK(EVP_PKEY_keygen(context, &key) == 1);
  EVP_PKEY_CTX_free(context);
  return key;
}

void AddName(GENERAL_NAMES* names, int type, const std::string& bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* text =
      type == GEN_IPADD ? ASN1_OCTET_STRING_new() : static_cast<ASN1_STRING*>(ASN1_IA5STRING_new());
  ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
  GENERAL_NAME_set0_value(name, type, text);
  sk_GENERAL_NAME_push(names, name);
}

std::string IpBytes(const std::string& ip) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, ip.c_str(), bytes) == 1) return {reinterpret_cast<char*>(bytes), 4};
  WEIR_CHECK(inet_pton(AF_INET6, ip.c_str(), bytes) == 1);
  return {reinterpret_cast<char*>(bytes), 16};
}

void AddNames(X509* x509, const CertificateSpec& spec) {
  GENERAL_NAMES* names = GENERAL_NAMES_new();
  for (const auto& name : spec.dns) AddName(names, GEN_DNS, name);
  for (const auto& name : spec.uri) AddName(names, GEN_URI, name);
  for (const auto& name : spec.email) AddName(names, GEN_EMAIL, name);
  for (const auto& name : spec.ip) AddName(names, GEN_IPADD, IpBytes(name));
  if (sk_GENERAL_NAME_num(names) > 0) {
    WEIR_CHECK(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1);
  }
  GENERAL_NAMES_free(names);
}

void AddExtension(X509* x509, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, nid, value);
  WEIR_CHECK(extension != nullptr);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

void AddMustStaple(X509* x509) {
  const uint8_t feature[] = {0x30, 0x03, 0x02, 0x01, 0x05};
  ASN1_OBJECT* object = OBJ_txt2obj("1.3.6.1.5.5.7.1.24", 1);
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, feature, sizeof(feature));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 0, value);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(object);
}

void SetName(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
                             reinterpret_cast<const uint8_t*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
}

std::string Der(uint8_t tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8);
    out += static_cast<char>(content.size() & 0xff);
  }
  return out + content;
}

std::string DerTime(int64_t from_now_s) {
  const std::time_t time = std::time(nullptr) + from_now_s;
  std::tm broken_down;
  gmtime_r(&time, &broken_down);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &broken_down);
  return Der(0x18, text);
}

std::string DerSerial(X509* x509) {
  uint8_t* bytes = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get_serialNumber(x509), &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace

EVP_PKEY* KeyFor(TestKey key) {
  static EVP_PKEY* const p256 = NewEcKey(NID_X9_62_prime256v1);
  static EVP_PKEY* const other = NewEcKey(NID_X9_62_prime256v1);
  switch (key) {
    case TestKey::kP256:
      return p256;
    case TestKey::kOtherP256:
      return other;
    case TestKey::kP384: {
      static EVP_PKEY* const p384 = NewEcKey(NID_secp384r1);
      return p384;
    }
    case TestKey::kRsa:
      break;
  }
  static EVP_PKEY* const rsa = NewRsaKey();
  return rsa;
}

std::string KeyPem(EVP_PKEY* key, const std::string& password) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const EVP_CIPHER* const cipher = password.empty() ? nullptr : EVP_aes_256_cbc();
  WEIR_CHECK(
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, cipher,
                                    password.empty() ? nullptr : const_cast<char*>(password.data()),
                                    static_cast<int>(password.size()), nullptr, nullptr) == 1);
  return TakeText(bio.get());
}

TestCertificate Issue(const CertificateSpec& spec, const TestCertificate* issuer) {
  static long last_serial = 0x1000;
  TestCertificate out;
  out.x509.reset(X509_new(), X509_free);
  out.key = KeyFor(spec.key);
  X509* const x509 = out.x509.get();
  X509* const parent = issuer == nullptr ? x509 : issuer->x509.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), spec.serial != 0 ? spec.serial : ++last_serial);
  ASN1_TIME_set(X509_getm_notBefore(x509), std::time(nullptr) + spec.not_before_s);
  ASN1_TIME_set(X509_getm_notAfter(x509), std::time(nullptr) + spec.not_after_s);
  SetName(X509_get_subject_name(x509), spec.common_name);
  X509_set_issuer_name(x509, X509_get_subject_name(parent));
  X509_set_pubkey(x509, out.key);
  AddExtension(x509, parent, NID_basic_constraints, spec.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  AddExtension(x509, parent, NID_subject_key_identifier, "hash");
  if (spec.is_ca) AddExtension(x509, parent, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!spec.is_ca && !spec.extended_key_usage.empty()) {
    AddExtension(x509, parent, NID_ext_key_usage, spec.extended_key_usage.c_str());
  }
  AddNames(x509, spec);
  if (spec.must_staple) AddMustStaple(x509);
  WEIR_CHECK(X509_sign(x509, issuer == nullptr ? out.key : issuer->key, EVP_sha256()) > 0);
  out.pem = PemOf(x509);
  out.key_pem = KeyPem(out.key);
  return out;
}

TestCertificate MakeAuthority(const std::string& name, TestKey key) {
  return Issue({.common_name = name, .key = key, .is_ca = true}, nullptr);
}

std::string MakeCrl(const TestCertificate& issuer, const std::vector<TestCertificate>& revoked) {
  const X509CrlPtr crl(X509_CRL_new());
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.x509.get()));
  ASN1_TIME* const from = ASN1_TIME_set(nullptr, std::time(nullptr) - 3600);
  ASN1_TIME* const to = ASN1_TIME_set(nullptr, std::time(nullptr) + 86'400);
  X509_CRL_set1_lastUpdate(crl.get(), from);
  X509_CRL_set1_nextUpdate(crl.get(), to);
  for (const TestCertificate& certificate : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.x509.get()));
    X509_REVOKED_set_revocationDate(entry, from);
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  ASN1_TIME_free(from);
  ASN1_TIME_free(to);
  X509_CRL_sort(crl.get());
  WEIR_CHECK(X509_CRL_sign(crl.get(), issuer.key, EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), crl.get());
  return TakeText(bio.get());
}

// Not signed by anybody: a server does not look at that.
std::string MakeOcspResponse(const TestCertificate& certificate, const OcspSpec& spec) {
  const std::string sha1 = Der(0x30, Der(0x06, "\x2b\x0e\x03\x02\x1a"));
  const std::string hash = Der(0x04, std::string(20, 'h'));
  const std::string id = Der(0x30, sha1 + hash + hash + DerSerial(certificate.x509.get()));
  const std::string status = spec.is_good ? Der(0x80, "") : Der(0xa1, DerTime(-60));
  std::string single = id + status + DerTime(spec.this_update_s);
  if (spec.next_update_s != 0) single += Der(0xa0, DerTime(spec.next_update_s));
  single = Der(0x30, single);
  std::string answers;
  for (int i = 0; i < spec.answers; ++i) answers += single;
  const std::string responder = Der(0xa2, Der(0x04, std::string(20, 'r')));
  const std::string about = Der(0x30, responder + DerTime(-60) + Der(0x30, answers));
  const std::string signature =
      Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02")) + Der(0x03, std::string("\0sig", 4));
  const std::string basic = Der(0x30, about + signature);
  const std::string bytes =
      Der(0x30, Der(0x06, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01") + Der(0x04, basic));
  if (!spec.is_successful) return Der(0x30, Der(0x0a, "\x03"));
  return Der(0x30, Der(0x0a, std::string(1, '\0')) + Der(0xa0, bytes));
}

}  // namespace weir::tls
