// Certificate authorities, certificates, revocation lists and OCSP responses, made when a test
// runs: none expires in the repository. Keys are made once a process and shared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/tls/tls_library.h"

namespace weir::tls {

enum class TestKey { kP256, kP384, kRsa, kOtherP256 };

struct CertificateSpec {
  std::string common_name = "test";
  std::vector<std::string> dns = {}, uri = {}, email = {}, ip = {};  // may hold any bytes
  // From now.
  int64_t not_before_s = -3600;
  int64_t not_after_s = 90 * 24 * 3600 + 60;
  TestKey key = TestKey::kP256;
  bool is_ca = false;
  std::string extended_key_usage = "serverAuth,clientAuth";  // empty: none
  bool must_staple = false;
  long serial = 0;  // 0: the next one
};

struct TestCertificate {
  std::shared_ptr<X509> x509;
  EVP_PKEY* key = nullptr;
  std::string pem;
  std::string key_pem;
};

EVP_PKEY* KeyFor(TestKey key);
std::string KeyPem(EVP_PKEY* key, const std::string& password = "");

TestCertificate MakeAuthority(const std::string& name, TestKey key = TestKey::kP256);
// Null issuer: self-signed.
TestCertificate Issue(const CertificateSpec& spec, const TestCertificate* issuer);
std::string MakeCrl(const TestCertificate& issuer, const std::vector<TestCertificate>& revoked);

struct OcspSpec {
  int64_t this_update_s = -3600, next_update_s = 3600;  // from now; next 0: none
  bool is_good = true;
  bool is_successful = true;
  int answers = 1;
};
std::string MakeOcspResponse(const TestCertificate& certificate, const OcspSpec& spec = {});

}  // namespace weir::tls
