#include "source/tls/certificate.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "source/base/log.h"
#include "source/tls/certificate_info.h"

namespace weir::tls {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr size_t kMaxChain = 20;
constexpr char kTlsFeature[] = "1.3.6.1.5.5.7.1.24";

// Loads a source into `bytes`; a fault at `field` when it cannot be, or is empty.
bool LoadBytes(const BytesSource& source, std::string_view field, std::string& bytes,
               config::Faults& faults) {
  auto loaded = source.Load();
  if (!loaded.ok()) {
    faults.Add(field, std::string(loaded.status().message()));
    return false;
  }
  bytes = *std::move(loaded);
  if (!bytes.empty()) return true;
  faults.Add(field, absl::StrCat(source.Name(), " is empty"));
  return false;
}

// The library asks for it when the key is encrypted.
int GivePassword(char* buffer, int size, int, void* password) {
  const auto* text = static_cast<const std::string*>(password);
  if (text == nullptr || text->size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, text->data(), text->size());
  return static_cast<int>(text->size());
}

void Wipe(std::string& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

std::optional<KeyType> EcKeyType(const EVP_PKEY* key) {
  switch (EVP_PKEY_bits(key)) {
    case 256:
      return KeyType::kP256;
    case 384:
      return KeyType::kP384;
    case 521:
      return KeyType::kP521;
    default:
      return std::nullopt;
  }
}

bool RequiresStaple(const X509* certificate) {
  ASN1_OBJECT* const feature = OBJ_txt2obj(kTlsFeature, 1);
  const int index = X509_get_ext_by_OBJ(certificate, feature, -1);
  ASN1_OBJECT_free(feature);
  return index >= 0;
}

}  // namespace

std::shared_ptr<const Certificate> Certificate::Load(const CertificateConfig& config,
                                                     config::Faults& faults) {
  auto out = std::make_shared<Certificate>();
  ERR_clear_error();
  if (!config.chain.is_set()) faults.Add("certificate_chain", "is required");
  if (!config.private_key.is_set()) faults.Add("private_key", "is required");
  if (!config.chain.is_set() || !config.private_key.is_set()) return nullptr;
  const bool has_both = out->LoadChain(config.chain, faults) & out->LoadKey(config, faults);
  if (!has_both || !out->CheckKey(faults)) return nullptr;
  out->requires_staple_ = RequiresStaple(out->leaf());
  if (!out->LoadStaple(config.ocsp_staple, faults)) return nullptr;
  std::string all = DerOf(out->leaf());
  for (const X509Ptr& certificate : out->intermediates_) all += DerOf(certificate.get());
  if (out->staple_) all += out->staple_->der;
  out->fingerprint_ = Sha256(all);
  ERR_clear_error();
  return out;
}

bool Certificate::LoadChain(const BytesSource& source, config::Faults& faults) {
  std::string pem;
  if (!LoadBytes(source, "certificate_chain", pem, faults)) return false;
  path_ = source.Name();
  std::vector<X509Ptr> chain = ParseCertificates(pem);
  if (chain.empty() || chain.size() > kMaxChain) {
    faults.Add("certificate_chain",
               absl::StrCat(path_, chain.empty() ? " is not a PEM file of certificates"
                                                 : " has more certificates than a chain may have"));
    return false;
  }
  leaf_ = std::move(chain.front());
  std::move(chain.begin() + 1, chain.end(), std::back_inserter(intermediates_));
  names_ = NamesOf(leaf());
  return true;
}

bool Certificate::LoadKey(const CertificateConfig& config, config::Faults& faults) {
  std::string pem;
  std::string password;
  if (!LoadBytes(config.private_key, "private_key", pem, faults)) return false;
  if (config.password.is_set() && !LoadBytes(config.password, "password", password, faults)) {
    return false;
  }
  // As an editor leaves it.
  while (config.password.kind == BytesSource::Kind::kFile && !password.empty() &&
         (password.back() == '\n' || password.back() == '\r')) {
    password.pop_back();
  }
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  key_.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassword,
                                     config.password.is_set() ? &password : nullptr));
  Wipe(pem);
  Wipe(password);
  if (!config.password.is_set() && config.private_key.is_open_to_all()) {
    WEIR_LOG(kWarning, "tls", "every user of this machine can read the private key in ",
             config.private_key.Name());
  }
  if (key_ != nullptr) return true;
  faults.Add("private_key", absl::StrCat(config.private_key.Name(),
                                         " is not a usable PEM key: ", TakeLibraryErrors()));
  return false;
}

bool Certificate::CheckKey(config::Faults& faults) {
  if (X509_check_private_key(leaf(), key()) != 1) {
    ERR_clear_error();
    faults.Add("private_key", "is not the key of the certificate");
    return false;
  }
  switch (EVP_PKEY_id(key())) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_bits(key()) >= kMinRsaBits) return true;
      faults.Add("private_key", absl::StrCat("an RSA key of ", EVP_PKEY_bits(key()),
                                             " bits is too weak; 2048 are needed"));
      return false;
    case EVP_PKEY_EC:
      if (const auto type = EcKeyType(key())) {
        key_type_ = *type;
        return true;
      }
      [[fallthrough]];
    default:
      faults.Add("private_key", "is neither RSA nor ECDSA with P-256, P-384 or P-521");
      return false;
  }
}

bool Certificate::LoadStaple(const BytesSource& source, config::Faults& faults) {
  if (!source.is_set()) {
    if (requires_staple_) faults.Add("ocsp_staple", "the certificate says that it must have one");
    return !requires_staple_;
  }
  std::string der;
  if (!LoadBytes(source, "ocsp_staple", der, faults)) return false;
  auto staple = ParseOcspStaple(std::move(der), SerialOf(leaf()));
  if (staple.ok()) {
    staple_ = *std::move(staple);
    return true;
  }
  faults.Add("ocsp_staple", std::string(staple.status().message()));
  return false;
}

std::vector<CertificateDetails> Certificate::Details() const {
  std::vector<CertificateDetails> list;
  list.push_back(DetailsOf(leaf(), path_));
  if (staple_) {
    list[0].has_ocsp = true;
    list[0].ocsp_valid_from_s = staple_->this_update_s;
    list[0].ocsp_expires_s = staple_->next_update_s;
  }
  for (const X509Ptr& certificate : intermediates_) {
    list.push_back(DetailsOf(certificate.get(), path_));
  }
  return list;
}

}  // namespace weir::tls
