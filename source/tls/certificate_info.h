// What stands in an X.509 certificate, as plain data. Pure functions; the library's errors are left
// empty.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "source/net/secure_info.h"
#include "source/tls/certificate_registry.h"
#include "source/tls/name_matcher.h"
#include "source/tls/tls_library.h"

namespace weir::tls {

CertificateNames NamesOf(const X509* certificate);
net::CertificateInfo DescribeCertificate(X509* certificate);
// For /certs. `path`: where it came from.
CertificateDetails DetailsOf(X509* certificate, std::string path);

std::string DerOf(const X509* certificate);
std::string PemOf(X509* certificate);
std::string PemOf(const STACK_OF(X509) * chain);
// SHA-256 of the DER form of the public key (SubjectPublicKeyInfo).
std::string PublicKeyHash(const X509* certificate);
// Lower case, two digits a byte.
std::string Hex(std::string_view bytes);
std::string SerialOf(const X509* certificate);
int64_t UnixTimeOf(const ASN1_TIME* time);

// All certificates of a PEM text; none when one of them is broken.
std::vector<X509Ptr> ParseCertificates(std::string_view pem);

}  // namespace weir::tls
