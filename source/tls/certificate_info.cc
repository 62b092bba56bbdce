#include "source/tls/certificate_info.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace weir::tls {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

std::string TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// Printable ASCII: nothing that ends a C string or a log line, or looks like another letter.
bool IsPlainName(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void AddIfPlain(std::vector<std::string>& names, std::string name) {
  if (IsPlainName(name)) names.push_back(std::move(name));
}

void AddIp(std::vector<std::string>& names, const ASN1_STRING* address) {
  const int size = ASN1_STRING_length(address);
  if (size != 4 && size != 16) return;
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text,
                sizeof(text)) != nullptr) {
    names.emplace_back(text);
  }
}

std::string CommonNameOf(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(const_cast<X509_NAME*>(subject), NID_commonName, -1);
  if (index < 0) return "";
  const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, index);
  std::string name = TextOf(X509_NAME_ENTRY_get_data(entry));
  return IsPlainName(name) ? name : "";
}

std::string TakeText(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : std::string();
}

std::string NameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  return TakeText(bio.get());
}

template <class Hash>
std::string DigestOf(std::string_view bytes, size_t size, Hash hash) {
  std::string digest(size, '\0');
  hash(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
       reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

}  // namespace

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

CertificateNames NamesOf(const X509* certificate) {
  CertificateNames out;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const auto count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    switch (name->type) {
      case GEN_DNS:
        AddIfPlain(out.dns, TextOf(name->d.dNSName));
        break;
      case GEN_URI:
        AddIfPlain(out.uri, TextOf(name->d.uniformResourceIdentifier));
        break;
      case GEN_EMAIL:
        AddIfPlain(out.email, TextOf(name->d.rfc822Name));
        break;
      case GEN_IPADD:
        AddIp(out.ip, name->d.iPAddress);
        break;
      default:
        break;
    }
  }
  out.common_name = CommonNameOf(certificate);
  ERR_clear_error();
  return out;
}

std::string DerOf(const X509* certificate) {
  uint8_t* bytes = nullptr;
  const int size = i2d_X509(const_cast<X509*>(certificate), &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string PemOf(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return TakeText(bio.get());
}

std::string PemOf(const STACK_OF(X509) * chain) {
  std::string pem;
  const auto count = chain == nullptr ? 0 : sk_X509_num(chain);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) pem += PemOf(sk_X509_value(chain, i));
  return pem;
}

std::string PublicKeyHash(const X509* certificate) {
  uint8_t* bytes = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &bytes);
  if (size <= 0) return "";
  std::string hash = Sha256({reinterpret_cast<char*>(bytes), static_cast<size_t>(size)});
  OPENSSL_free(bytes);
  return hash;
}

std::string SerialOf(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  return Hex(TextOf(serial));
}

int64_t UnixTimeOf(const ASN1_TIME* time) {
  static const ASN1_TIME* const epoch = ASN1_TIME_set(nullptr, 0);
  int days = 0;
  int seconds = 0;
  if (time == nullptr || ASN1_TIME_diff(&days, &seconds, epoch, time) != 1) return 0;
  return int64_t{days} * 86'400 + seconds;
}

net::CertificateInfo DescribeCertificate(X509* certificate) {
  net::CertificateInfo info;
  CertificateNames names = NamesOf(certificate);
  info.subject = NameText(X509_get_subject_name(certificate));
  info.issuer = NameText(X509_get_issuer_name(certificate));
  info.serial = SerialOf(certificate);
  const std::string der = DerOf(certificate);
  info.sha256 = Hex(Sha256(der));
  info.sha1 = Hex(DigestOf(der, SHA_DIGEST_LENGTH, SHA1));
  info.uri_sans = std::move(names.uri);
  info.dns_sans = std::move(names.dns);
  info.ip_sans = std::move(names.ip);
  info.email_sans = std::move(names.email);
  info.pem = PemOf(certificate);
  info.not_before_s = UnixTimeOf(X509_get0_notBefore(certificate));
  info.not_after_s = UnixTimeOf(X509_get0_notAfter(certificate));
  return info;
}

CertificateDetails DetailsOf(X509* certificate, std::string path) {
  CertificateDetails details;
  CertificateNames names = NamesOf(certificate);
  details.path = std::move(path);
  details.serial_number = SerialOf(certificate);
  details.dns_sans = std::move(names.dns);
  details.uri_sans = std::move(names.uri);
  details.ip_sans = std::move(names.ip);
  details.valid_from_s = UnixTimeOf(X509_get0_notBefore(certificate));
  details.expires_s = UnixTimeOf(X509_get0_notAfter(certificate));
  return details;
}

std::vector<X509Ptr> ParseCertificates(std::string_view pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  // The text's end is told as "no start line", anything else is a broken certificate.
  const auto error = ERR_peek_last_error();
  const bool is_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_end) certificates.clear();
  return certificates;
}

}  // namespace weir::tls
