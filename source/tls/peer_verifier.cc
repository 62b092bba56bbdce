// Tested by test/tls/verification_test.cc
#include "source/tls/peer_verifier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "source/base/strings.h"
#include "source/tls/certificate_info.h"

namespace weir::tls {
namespace {

uint8_t AlertFor(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return SSL_AD_CERTIFICATE_EXPIRED;
    case X509_V_ERR_CERT_REVOKED:
      return SSL_AD_CERTIFICATE_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_INVALID_CA:
      return SSL_AD_UNKNOWN_CA;
    case X509_V_ERR_INVALID_PURPOSE:
      return SSL_AD_UNSUPPORTED_CERTIFICATE;
    default:
      return SSL_AD_BAD_CERTIFICATE;
  }
}

int AllowExpired(int ok, X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) return 1;
  return ok;
}

std::string Listed(const std::vector<std::string>& names) {
  // A certificate may have thousands.
  constexpr size_t kMost = 5;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kMost; ++i) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", names[i]);
  }
  if (names.size() > kMost) absl::StrAppend(&text, ", ...");
  return text.empty() ? "none" : text;
}

}  // namespace

PeerVerifier::PeerVerifier(std::shared_ptr<const TrustMaterial> trust, PeerRole role)
    : trust_(std::move(trust)), role_(role) {}

absl::StatusOr<std::unique_ptr<const PeerVerifier>> PeerVerifier::Create(
    std::shared_ptr<const TrustMaterial> trust, PeerRole role) {
  std::unique_ptr<PeerVerifier> out(new PeerVerifier(std::move(trust), role));
  if (!out->trust_->ca_pem.empty()) {
    out->store_.reset(X509_STORE_new());
    if (absl::Status status = out->AddAuthorities(); !status.ok()) return status;
    if (absl::Status status = out->AddRevocations(); !status.ok()) return status;
  } else if (!out->trust_->crl_pem.empty()) {
    return absl::InvalidArgumentError("crl has no effect without trusted_ca");
  }
  ERR_clear_error();
  return out;
}

absl::Status PeerVerifier::AddAuthorities() {
  authorities_ = ParseCertificates(trust_->ca_pem);
  if (authorities_.empty()) {
    return absl::InvalidArgumentError("trusted_ca is not a PEM text of certificates");
  }
  for (const X509Ptr& authority : authorities_) X509_STORE_add_cert(store_.get(), authority.get());
  // An intermediate CA may be all that is trusted.
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return absl::OkStatus();
}

absl::Status PeerVerifier::AddRevocations() {
  const std::string& pem = trust_->crl_pem;
  if (pem.empty()) return absl::OkStatus();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool has_one = false;
  while (X509_CRL* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    const X509CrlPtr owned(list);
    X509_STORE_add_crl(store_.get(), list);
    has_one = true;
  }
  if (!has_one) return absl::InvalidArgumentError("crl is not a PEM text of revocation lists");
  const bool is_leaf_only = trust_->config.checks_leaf_crl_only;
  X509_STORE_set_flags(store_.get(), is_leaf_only
                                         ? X509_V_FLAG_CRL_CHECK
                                         : X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return absl::OkStatus();
}

Verdict PeerVerifier::Verify(X509* leaf, STACK_OF(X509) * chain,
                             const ExpectedName& expected) const {
  Verdict verdict = Judge(leaf, chain, expected);
  ERR_clear_error();
  verdict.is_accepted = verdict.failure == Verdict::Failure::kNone || accepts_untrusted();
  return verdict;
}

Verdict PeerVerifier::Judge(X509* leaf, STACK_OF(X509) * chain,
                            const ExpectedName& expected) const {
  Verdict verdict;
  if (store_ != nullptr && !VerifyChain(leaf, chain, verdict)) {
    verdict.failure = Verdict::Failure::kChain;
    return verdict;
  }
  if (has_pins() && !MatchesPins(leaf)) {
    verdict.failure = Verdict::Failure::kHash;
    verdict.alert = SSL_AD_BAD_CERTIFICATE;
    verdict.reason = "the certificate is none of those that are pinned";
    return verdict;
  }
  if (!MatchesNames(leaf, expected, verdict.reason)) {
    verdict.failure = Verdict::Failure::kName;
    verdict.alert = SSL_AD_BAD_CERTIFICATE;
    return verdict;
  }
  verdict.is_validated = store_ != nullptr || has_pins();
  return verdict;
}

bool PeerVerifier::VerifyChain(X509* leaf, STACK_OF(X509) * chain, Verdict& verdict) const {
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  if (context == nullptr || X509_STORE_CTX_init(context.get(), store_.get(), leaf, chain) != 1) {
    verdict.alert = SSL_AD_INTERNAL_ERROR;
    verdict.reason = TakeLibraryErrors();
    return false;
  }
  // The extended key usage must allow what the peer does.
  X509_STORE_CTX_set_default(context.get(),
                             role_ == PeerRole::kClient ? "ssl_client" : "ssl_server");
  X509_VERIFY_PARAM_set_depth(
      X509_STORE_CTX_get0_param(context.get()),
      static_cast<int>(trust_->config.max_depth.value_or(kDefaultMaxDepth)));
  if (trust_->config.allows_expired) X509_STORE_CTX_set_verify_cb(context.get(), AllowExpired);
  if (X509_verify_cert(context.get()) == 1) return true;
  const int error = X509_STORE_CTX_get_error(context.get());
  verdict.alert = AlertFor(error);
  verdict.reason = absl::StrCat("certificate verification error at depth ",
                                X509_STORE_CTX_get_error_depth(context.get()), ": ",
                                X509_verify_cert_error_string(error));
  return false;
}

bool PeerVerifier::MatchesPins(const X509* leaf) const {
  const ValidationConfig& config = trust_->config;
  const auto has = [](const std::vector<std::string>& list, const std::string& hash) {
    return std::find(list.begin(), list.end(), hash) != list.end();
  };
  return has(config.certificate_hashes, Sha256(DerOf(leaf))) ||
         has(config.key_hashes, PublicKeyHash(leaf));
}

bool PeerVerifier::MatchesNames(const X509* leaf, const ExpectedName& expected,
                                std::string& reason) const {
  const std::vector<NameMatcher>& matchers = trust_->config.names;
  const bool asks_matchers = !matchers.empty() && !expected.is_enough;
  if (!asks_matchers && expected.name.empty()) return true;
  const CertificateNames names = NamesOf(leaf);
  if (!expected.name.empty() && !IsFor(names, expected.name)) {
    reason = base::StrCat("the certificate is not for ", expected.name,
                          " (DNS: ", Listed(names.dns), "; IP: ", Listed(names.ip), ")");
    return false;
  }
  if (!asks_matchers || std::any_of(matchers.begin(), matchers.end(),
                                    [&](const auto& matcher) { return matcher.Matches(names); })) {
    return true;
  }
  reason = absl::StrCat("no name of the certificate is allowed (DNS: ", Listed(names.dns),
                        "; URI: ", Listed(names.uri), ")");
  return false;
}

std::vector<CertificateDetails> PeerVerifier::Details() const {
  // Not the 140 of the system.
  if (trust_->config.trusts_system_roots) return {};
  std::vector<CertificateDetails> list;
  for (const X509Ptr& authority : authorities_) {
    list.push_back(DetailsOf(authority.get(), trust_->config.trusted_ca.Name()));
  }
  return list;
}

}  // namespace weir::tls
